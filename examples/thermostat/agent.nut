// The agent of a thermostat: a page, a setting that survives restarts, and what the device measured last.

const PAGE = @"<!doctype html>
<html lang=""en"">
<meta charset=""utf-8""><meta name=""viewport"" content=""width=device-width"">
<title>Thermostat</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 3rem auto; padding: 0 1rem }
  output { font-size: 3rem; display: block }
</style>
<h1>Thermostat</h1>
<p>Now <output>%s</output></p>
<form method=""post"" action=""%s/target"">
  <label>Target in &deg;C <input name=""celsius"" type=""number"" min=""5"" max=""30"" step=""0.5"" value=""%.1f"" required></label>
  <button>Set</button>
</form>
<p>The device is %s.</p>
</html>
";

settings <- { target = 20.0 };
foreach (name, value in server.load()) settings[name] <- value;

measured <- null;

function tellDevice() {
    if (device.isconnected()) device.send("target", settings.target);
}

function setTarget(celsius) {
    if (celsius < 5 || celsius > 30) throw "the target must be from 5 to 30 degrees";
    settings.target = celsius;
    server.save(settings);
    tellDevice();
}

function page() {
    local now = measured == null ? "&ndash;" : format("%.1f &deg;C", measured.celsius);
    return format(PAGE, now, http.agenturl(), settings.target, device.isconnected() ? "connected" : "away");
}

http.onrequest(function(request, response) {
    try {
        switch (request.method + " " + request.path) {
            case "GET /":
                response.header("Content-Type", "text/html; charset=utf-8");
                response.send(200, page());
                break;
            case "GET /state":
                response.header("Content-Type", "application/json");
                response.send(200, http.jsonencode({ target = settings.target, measured = measured, online = device.isconnected() }));
                break;
            case "POST /target":
                setTarget(http.urldecode(request.body).celsius.tofloat());
                response.header("Location", http.agenturl());
                response.send(303, "");
                break;
            default:
                response.send(404, "There is nothing here.");
        }
    } catch (error) {
        response.send(400, "That did not work: " + error);
    }
});

device.on("measured", function(celsius) {
    measured = { celsius = celsius, at = time() };
});
device.on("ready", @(nothing) tellDevice());
device.onconnect(tellDevice);
