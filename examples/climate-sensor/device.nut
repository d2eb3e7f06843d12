// Reads humidity and temperature from an HTS221 each minute, and sends them to the agent. Board: environment.
const ADDRESS = 0xBE;
const WHO_AM_I = 0x0F;
const CTRL_REG1 = 0x20;
const CTRL_REG2 = 0x21;
const STATUS = 0x27;
const OUTPUTS = 0x28;
const CALIBRATION = 0x30;
// Set in the register's address, it moves on with each byte.
const NEXT = 0x80;

i2c <- hardware.i2c89;

function read(register, count) {
    local bytes = i2c.read(ADDRESS, format("%c", register | NEXT), count);
    if (bytes == null) throw "the sensor does not answer: " + i2c.readerror();
    return bytes;
}

function write(register, byte) {
    return i2c.write(ADDRESS, format("%c%c", register, byte));
}

// A signed number of two bytes, the lower first.
function number(bytes, at) {
    local value = (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8;
    return value < 0x8000 ? value : value - 0x10000;
}

// The part's outputs are linear between two points, which it knows itself.
function line(x0, y0, x1, y1) {
    return @(x) y0 + (y1 - y0) * (x - x0) / (x1 - x0).tofloat();
}

function calibrate() {
    local all = read(CALIBRATION, 16);
    local high = all[5];
    local t0 = ((all[2] & 0xFF) | (high & 0x03) << 8) / 8.0;
    local t1 = ((all[3] & 0xFF) | (high & 0x0C) << 6) / 8.0;
    humidity <- line(number(all, 6), (all[0] & 0xFF) / 2.0, number(all, 10), (all[1] & 0xFF) / 2.0);
    temperature <- line(number(all, 12), t0, number(all, 14), t1);
}

function measure() {
    imp.wakeup(60, measure);
    write(CTRL_REG2, 0x01);
    while ((read(STATUS, 1)[0] & 0x03) != 0x03) imp.sleep(0.005);
    local outputs = read(OUTPUTS, 4);
    agent.send("climate", [humidity(number(outputs, 0)), temperature(number(outputs, 2))]);
}

i2c.configure(CLOCK_SPEED_400_KHZ);
if ((read(WHO_AM_I, 1)[0] & 0xFF) != 0xBC) throw "there is no HTS221";
write(CTRL_REG1, 0x84);
calibrate();
measure();
