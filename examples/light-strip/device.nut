// A dot of light that runs along thirty WS2812 LEDs. Board: board.toml beside this file.
const COUNT = 30;
const KHZ = 7500;
// At this speed a bit of the LED is nine of the bus: a short or a long pulse.
const BITS = 9;
const ZERO = 0x1C0;
const ONE = 0x1F8;

spi <- hardware.spi257;
place <- 0;

// The bits of a colour's byte as the bus sends them.
function pulses(byte) {
    local out = [];
    for (local bit = 7; bit >= 0; bit--) {
        local pulse = byte >> bit & 1 ? ONE : ZERO;
        for (local n = BITS - 1; n >= 0; n--) out.append(pulse >> n & 1);
    }
    return out;
}

function show(colours) {
    local frame = blob(COUNT * 3 * BITS);
    local byte = 0, count = 0;
    foreach (colour in colours) {
        // Green goes first.
        foreach (part in [colour[1], colour[0], colour[2]]) {
            foreach (bit in known[part]) {
                byte = byte << 1 | bit;
                if (++count % 8 == 0) {
                    frame.writen(byte & 0xFF, 'b');
                    byte = 0;
                }
            }
        }
    }
    // The line rests then, and the LEDs take over what they have.
    frame.writeblob(blob(64));
    spi.write(frame);
}

function step() {
    imp.wakeup(0.1, step);
    local colours = array(COUNT, [0, 0, 0]);
    colours[place] = [255, 64, 0];
    show(colours);
    place = (place + 1) % COUNT;
}

spi.configure(SIMPLEX_TX | MSB_FIRST | CLOCK_IDLE_LOW, KHZ);
known <- {};
foreach (part in [0, 64, 255]) known[part] <- pulses(part);
step();
