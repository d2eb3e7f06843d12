// The device of a thermostat: measures every ten seconds, and switches the heating on pin 8.
sensor <- hardware.pin9;
heating <- hardware.pin8;
target <- 20.0;

sensor.configure(ANALOG_IN);
heating.configure(DIGITAL_OUT, 0);

// A TMP36: 10 mV for each degree, and half a volt at zero.
function celsius() {
    return (sensor.read() / 65535.0 * hardware.voltage() - 0.5) * 100;
}

function measure() {
    imp.wakeup(10, measure);
    local now = celsius();
    heating.write(now < target ? 1 : 0);
    agent.send("measured", now);
}

agent.on("target", function(wanted) {
    target = wanted;
    server.log(format("The target is %.1f degrees.", target));
});

agent.send("ready", null);
measure();
