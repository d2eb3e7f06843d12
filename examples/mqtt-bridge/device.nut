// The device of an MQTT bridge: sends a reading every ten seconds, and switches pin 8 when it is told to.
sensor <- hardware.pin9;
output <- hardware.pin8;

sensor.configure(ANALOG_IN);
output.configure(DIGITAL_OUT, 0);

function measure() {
    imp.wakeup(10, measure);
    agent.send("reading", sensor.read());
}

agent.on("command", function(command) {
    switch (command) {
        case "on": return output.write(1);
        case "off": return output.write(0);
        default: server.error("unknown command: " + command);
    }
});

measure();
