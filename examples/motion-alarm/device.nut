// Sleeps until an LIS3DH notices a shove, and says how strong it was. Board: environment, whose INT1 is at pin 1.
const ADDRESS = 0x32;
const NEXT = 0x80;

i2c <- hardware.i2c89;

function write(register, byte) {
    return i2c.write(ADDRESS, format("%c%c", register, byte));
}

function read(register, count) {
    return i2c.read(ADDRESS, format("%c", register | NEXT), count);
}

// An axis in g: 16 bits for 2 g either way.
function axis(bytes, at) {
    local value = (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8;
    return (value < 0x8000 ? value : value - 0x10000) / 16000.0;
}

function acceleration() {
    local bytes = read(0x28, 6);
    return [axis(bytes, 0), axis(bytes, 2), axis(bytes, 4)];
}

function prepare() {
    write(0x20, 0x57);      // 100 times a second, three axes
    write(0x22, 0x40);      // the interrupt goes to INT1
    write(0x24, 0x08);      // and stays until its source is read
    write(0x32, 50);        // above 0.8 g
    write(0x30, 0x0A);      // in x or y
}

i2c.configure(CLOCK_SPEED_400_KHZ);
if (hardware.wakereason() == WAKEREASON_PIN) {
    agent.send("shove", acceleration());
} else {
    prepare();
    server.log("waiting for a shove");
}
// This lets the pin go.
read(0x31, 1);
hardware.pin1.configure(DIGITAL_IN_WAKEUP);
imp.onidle(@() server.sleepfor(3600));
