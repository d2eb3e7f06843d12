// An agent that joins its device to an MQTT broker: what the device measures is published, and what is published to the
// device's commands reaches it.
//
// Environment variables of the device group: BROKER_URL, for example "ssl://broker.example.net", BROKER_USERNAME and
// BROKER_PASSWORD, and TOPIC, which stands before all topics.

const LONGEST_WAIT = 60;

const PAGE = @"<!doctype html>
<html lang=""en"">
<meta charset=""utf-8""><meta name=""viewport"" content=""width=device-width"">
<title>MQTT bridge</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
  code { overflow-wrap: anywhere }
</style>
<h1>MQTT bridge</h1>
<p>The broker is %s, the device is %s.</p>
<p>Readings go to <code>%s</code>: %d so far.</p>
<p>Commands come from <code>%s</code>: %d so far.</p>
</html>
";

local topics = __VARS.TOPIC + "/" + imp.configparams.deviceid;
readingsTopic <- topics + "/readings";
commandsTopic <- topics + "/commands";

state <- { broker = "away", published = 0, lost = 0, commands = 0, reading = null };
wait <- 1;
client <- mqtt.createclient();

function connect() {
    client.connect(__VARS.BROKER_URL, imp.configparams.deviceid, {
        username = __VARS.BROKER_USERNAME, password = __VARS.BROKER_PASSWORD
    });
}

// Waits a little longer after each attempt that fails.
function connectLater() {
    state.broker = "away";
    imp.wakeup(wait, connect);
    wait = wait * 2 > LONGEST_WAIT ? LONGEST_WAIT : wait * 2;
}

client.onconnect(function(code) {
    if (code != 0) {
        server.error("the broker answers " + code);
        return connectLater();
    }
    wait = 1;
    client.subscribe(commandsTopic, mqtt.AT_LEAST_ONCE, function(error, qos) {
        if (error == 0) state.broker = "connected";
        else server.error("no commands: the broker answers " + error);
    });
});
client.onconnectionlost(connectLater);

client.onmessage(function(message) {
    state.commands++;
    device.send("command", message.message);
});

device.on("reading", function(reading) {
    state.reading = { value = reading, at = time() };
    local text = http.jsonencode(state.reading, { compact = true });
    client.createmessage(readingsTopic, text, { qos = mqtt.AT_LEAST_ONCE }).sendasync(function(error) {
        if (error == 0) state.published++;
        else state.lost++;
    });
});

http.onrequest(function(request, response) {
    switch (request.method + " " + request.path) {
        case "GET /":
            response.header("Content-Type", "text/html; charset=utf-8");
            response.send(200, format(PAGE, state.broker, device.isconnected() ? "connected" : "away",
                readingsTopic, state.published, commandsTopic, state.commands));
            break;
        case "GET /state":
            response.header("Content-Type", "application/json");
            response.send(200, http.jsonencode(state));
            break;
        default:
            response.send(404, "There is nothing here.");
    }
});

connect();
