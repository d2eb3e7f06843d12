// Greenhouse agent: keeps the latest readings, and answers HTTP requests with them.
//   GET  /        the readings kept, as JSON
//   POST /water   {"on": true} or {"on": false}

const KEPT = 40;

readings <- [];

device.on("reading", function(reading) {
    readings.append(reading);
    if (readings.len() > KEPT) readings.remove(0);
    if (reading.celsius > 22.0) server.log("warm: " + reading.celsius + " degrees");
});

function answer(response, status, table) {
    response.header("Content-Type", "application/json");
    response.send(status, http.jsonencode(table));
}

http.onrequest(function(request, response) {
    try {
        if (request.path == "/water" && request.method == "POST") {
            device.send("water", http.jsondecode(request.body).on == true);
            answer(response, 202, { accepted = true });
        } else if (request.method == "GET") {
            answer(response, 200, { readings = readings, connected = device.isconnected() });
        } else {
            answer(response, 405, { error = "GET / or POST /water" });
        }
    } catch (error) {
        answer(response, 400, { error = error });
    }
});

server.log("greenhouse agent at " + http.agenturl());
