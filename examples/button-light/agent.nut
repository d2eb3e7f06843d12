// Says how often the button was pressed, and what that did.
device.on("light", function(light) {
    server.log(format("press %d: the light is %s", light[1], light[0] ? "on" : "off"));
});
