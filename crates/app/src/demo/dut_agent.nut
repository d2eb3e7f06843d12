// Keeps what the device under test measured in the log of its device group.

device.on("volts", function(volts) {
    server.log("supply: " + volts + " V");
});
