//! `hardware.spi257` and the others.

use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{count, float, hardware, integer, number, owner, refused};
use crate::api::{bytes, done};
use crate::board::{SpiBus, SpiSetting};
use crate::codec::{self, ensure_room};
use crate::constants::LSB_FIRST;

/// What is read at once at most, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// What is sent where the program only reads.
const NOTHING: u8 = 0;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, 3, ".in").documented(
        "configure(flags, kHz) -> float",
        "Configures the bus, and returns how fast it is; of the flags `LSB_FIRST` makes a difference.",
    )),
    Member::Function(Function::new("write", write, 2, ".").documented("write(data)", "Sends a string or blob.")),
    Member::Function(Function::new("writeread", write_read, 2, ".").documented(
        "writeread(data) -> string|blob",
        "Sends a string or blob, and returns what comes back meanwhile as the same.",
    )),
    Member::Function(
        Function::new("readstring", read_string, 2, ".n").documented("readstring(count) -> string", "Reads bytes."),
    ),
    Member::Function(
        Function::new("readblob", read_blob, 2, ".n").documented("readblob(count) -> blob", "Reads bytes."),
    ),
    Member::Function(
        Function::new("chipselect", chip_select, 2, ".")
            .documented("chipselect(1|0)", "Holds the bus's own select line over several calls, or lets it go."),
    ),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Disables the bus.")),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (bus, flags, khz) = (owner(call, SpiBus::named)?, integer(call, 1), number(call, 2)?);
    let setting = SpiSetting { khz, lowest_bit_first: flags & LSB_FIRST != 0 };
    let khz = hardware(call)?.configure_spi(bus, setting);
    Ok(Flow::Return(float(khz)))
}

/// Sends bytes, and returns what comes back.
fn transfer(call: &mut Call<'_>, data: &[u8], what: &str) -> Result<Vec<u8>, Fault> {
    let bus = owner(call, SpiBus::named)?;
    // It happens once, and there must be room for what comes back.
    ensure_room(call.heap, data.len() + 256)?;
    call.charge(data.len() / 2 + 8);
    hardware(call)?.transfer_spi(bus, data).ok_or_else(|| refused("bus is not enabled", what))
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let data = bytes(call, 1)?;
    transfer(call, &data, "spi.write(data)")?;
    done()
}

fn write_read(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let data = bytes(call, 1)?;
    let read = transfer(call, &data, "spi.writeread(data)")?;
    let is_string = call.argument(1).is(Tag::String);
    if is_string { call.heap.string_from(read) } else { codec::blob(call, read) }.map(Flow::Return)
}

fn read_string(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let count = count(call, 1, MOST_BYTES, "spi.readstring(count)")?;
    ensure_room(call.heap, count)?;
    let read = transfer(call, &vec![NOTHING; count], "spi.readstring(count)")?;
    call.heap.string_from(read).map(Flow::Return)
}

fn read_blob(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let count = count(call, 1, MOST_BYTES, "spi.readblob(count)")?;
    ensure_room(call.heap, count)?;
    let read = transfer(call, &vec![NOTHING; count], "spi.readblob(count)")?;
    codec::blob(call, read).map(Flow::Return)
}

fn chip_select(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (bus, is_selected) = (owner(call, SpiBus::named)?, number(call, 1)? != 0.0);
    hardware(call)?.select_spi(bus, is_selected);
    Ok(Flow::Return(Value::NULL))
}

fn disable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, SpiBus::named)?;
    hardware(call)?.disable_spi(bus);
    done()
}
