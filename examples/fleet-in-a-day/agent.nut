// The agent of a probe: keeps the last reading, asks for the weather, and answers at its URL.
local kept = server.load();
if (!("readings" in kept)) kept = { readings = 0, alarms = 0, celsius = null, forecast = "not known" };

device.on("reading", function(reading) {
    kept.readings++;
    kept.celsius = reading.celsius;
    if (reading.celsius > __VARS.LIMIT) {
        kept.alarms++;
        server.log(format("%.1f degrees are more than %d", reading.celsius, __VARS.LIMIT));
    }
    device.send("interval", reading.celsius > __VARS.LIMIT ? 30 : 60);
    if (kept.readings % 10 == 0) server.save(kept);
});

http.onrequest(function(request, response) {
    response.header("Content-Type", "application/json");
    response.send(200, http.jsonencode(kept));
});

function forecast() {
    http.get("https://weather.example/today").sendasync(function(answer) {
        if (answer.statuscode == 200) kept.forecast = http.jsondecode(answer.body).forecast;
        else server.error("no forecast: " + answer.statuscode);
    });
    imp.wakeup(3600, forecast);
}

forecast();
