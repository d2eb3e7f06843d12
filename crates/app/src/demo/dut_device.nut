// Device under test: checks itself, and asks to be blessed if all is well. A blessed device moves on to the fixture's
// production target and never runs this code again.

const LEAST_VOLTS = 3.0;

function passes() {
    local volts = hardware.voltage();
    agent.send("volts", volts);
    return volts >= LEAST_VOLTS;
}

server.bless(passes(), function(blessed) {
    server.log(blessed ? "blessed" : "not blessed");
});
