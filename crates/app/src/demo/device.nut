// Greenhouse sensor: reports temperature and light to the agent, and waters the bed on request.
// Without sensors on the imp the readings follow a made-up day of ten minutes, so that there is something to see.

const DAY_S = 600.0;
const PERIOD_S = 15;

watering <- false;

function reading() {
    local hour = (time() % DAY_S) / DAY_S * 2 * PI;
    local sun = math.sin(hour) > 0 ? math.sin(hour) : 0.0;
    return {
        time = time(),
        celsius = 14.0 + 9.0 * sun,
        light = sun,
        watering = watering,
    };
}

function report() {
    imp.wakeup(PERIOD_S, report);
    agent.send("reading", reading());
}

agent.on("water", function(on) {
    watering = on;
    server.log(on ? "watering" : "no longer watering");
    agent.send("reading", reading());
});

server.log("greenhouse sensor started");
report();
