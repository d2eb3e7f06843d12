//! `hardware.i2c89` and the others.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{count, hardware, integer, owner, refused};
use crate::api::{bytes, done};
use crate::board::{I2cBus, I2cError};
use crate::codec::ensure_room;

/// What is read at once at most, in bytes.
const MOST_BYTES: usize = 65_535;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("configure", configure, 2, ".i")
            .documented("configure(speed)", "Configures the bus, for one of `CLOCK_SPEED_...`."),
    ),
    Member::Function(Function::new("write", write, 3, ".i.").documented(
        "write(address, data) -> integer",
        "Writes to an address of 8 bits; returns 0, or a number below 0: -9 if nobody answers.",
    )),
    Member::Function(Function::new("read", read, 4, ".i.n").documented(
        "read(address, register, count) -> string|null",
        "Writes the register and reads so many bytes; null if nobody answers.",
    )),
    Member::Function(
        Function::new("readerror", read_error, 1, "")
            .documented("readerror() -> integer", "What was wrong with the last transfer; 0 is nothing."),
    ),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Disables the bus.")),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, I2cBus::named)?;
    if !matches!(integer(call, 1), 10 | 50 | 100 | 400) {
        return Err(refused("invalid clock speed", "i2c.configure(speed)"));
    }
    hardware(call)?.configure_i2c(bus);
    done()
}

/// An address in its form of 8 bits.
fn address(call: &Call<'_>) -> Result<u8, Fault> {
    u8::try_from(integer(call, 1)).map_err(|_| Fault::error("invalid address of an I2C device"))
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (bus, address, data) = (owner(call, I2cBus::named)?, address(call)?, bytes(call, 2)?);
    call.charge(data.len() + 8);
    let code = hardware(call)?.write_i2c(bus, address, &data).map_or_else(I2cError::code, |()| 0);
    Ok(Flow::Return(Value::integer(code)))
}

fn read(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (bus, address, register) = (owner(call, I2cBus::named)?, address(call)?, bytes(call, 2)?);
    let count = count(call, 3, MOST_BYTES, "i2c.read(address, register, count)")?;
    // Reading may change what is read, so it happens once.
    ensure_room(call.heap, count + 256)?;
    call.charge(count + 8);
    match hardware(call)?.read_i2c(bus, address, &register, count) {
        Ok(bytes) => call.heap.string_from(bytes).map(Flow::Return),
        Err(_) => done(),
    }
}

fn read_error(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, I2cBus::named)?;
    let code = hardware(call)?.last_i2c_error(bus).map_or(0, I2cError::code);
    Ok(Flow::Return(Value::integer(code)))
}

fn disable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, I2cBus::named)?;
    hardware(call)?.disable_i2c(bus);
    done()
}
