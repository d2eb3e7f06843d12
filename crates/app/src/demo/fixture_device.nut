// Factory fixture: while its button is pressed, tells the device under test by light how to join the network.
// The device under test then fetches its own code from the device group that is this one's DUT target.

const SSID = "factory-line";
const PASSWORD = "change me";

local button = hardware.pin1;
local light = hardware.pin2;

function pressed() {
    imp.sleep(0.02); // Until the contact has settled.
    if (button.read() == 0) return;
    server.log("configuring the next device");
    server.factoryblinkup(SSID, PASSWORD, light, BLINKUP_FAST | BLINKUP_ACTIVEHIGH);
}

button.configure(DIGITAL_IN_PULLDOWN, pressed);
light.configure(DIGITAL_OUT, 0);
server.log("fixture ready");
