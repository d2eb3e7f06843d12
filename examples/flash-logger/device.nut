// Writes a line into the flash each minute, and finds them again after it was without power. Board: bare.
const ENTRY = 64;
const SECTOR = 4096;
const SECTORS = 4;

flash <- hardware.spiflash;

// Where the next entry goes: the first place that is erased. Sectors are used in turn, and one is always free.
function find() {
    for (local at = 0; at < SECTORS * SECTOR; at += ENTRY) {
        if (flash.read(at, 1)[0] == 0xFF) return at;
    }
    flash.erasesector(0);
    return 0;
}

function append(text) {
    local entry = blob(ENTRY);
    entry.writen(text.len(), 'b');
    entry.writestring(text);
    local wrong = flash.write(next, entry, SPIFLASH_PREVERIFY | SPIFLASH_POSTVERIFY);
    if (wrong) throw "the flash is not erased at " + next;
    next = (next + ENTRY) % (SECTORS * SECTOR);
    if (next % SECTOR == 0) flash.erasesector(next);
}

function entry(at) {
    local entry = flash.read(at, ENTRY);
    local length = entry.readn('b');
    return length == 0xFF ? null : entry.readstring(length);
}

function tick() {
    imp.wakeup(60, tick);
    append("run " + run + ", minute " + minute++);
}

flash.enable();
next <- find();
minute <- 0;
local last = entry((next + SECTORS * SECTOR - ENTRY) % (SECTORS * SECTOR));
run <- last == null ? 1 : split(last, " ,")[1].tointeger() + 1;
server.log("the last entry: " + last);
tick();
