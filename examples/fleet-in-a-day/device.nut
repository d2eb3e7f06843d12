// A probe: looks every ten seconds, and tells its agent once in a while.
interval <- 60;
local last = 0, celsius = 20.0;

agent.on("interval", function(seconds) { interval = seconds });

function look() {
    imp.wakeup(10, look);
    celsius += (math.rand() % 100 - 50) / 200.0;
    if (time() - last < interval) return;
    last = time();
    agent.send("reading", { celsius = celsius });
    server.log(format("%.1f degrees", celsius));
}

look();
