//! `hardware.spiflash`: erased bytes are 0xFF, and writing only clears bits.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{count, integer, refused};
use crate::api::on_imp::{ignore, imp_state};
use crate::api::{bytes, done};
use crate::board::{Flash, SECTOR_BYTES, Verified, Verify};
use crate::codec::{self, ensure_room, wrong_type};
use crate::constants::{SPIFLASH_POSTVERIFY, SPIFLASH_PREVERIFY};

/// What is read at once at most, in bytes: all of it.
const MOST_BYTES: usize = 64 << 20;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("enable", enable, 1, "").documented("enable()", "Switches the flash on.")),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Switches the flash off.")),
    Member::Function(Function::new("size", size, 1, "").documented("size() -> integer", "How many bytes there are.")),
    Member::Function(
        Function::new("chipid", chip_id, 1, "").documented("chipid() -> integer", "What the part says that it is."),
    ),
    Member::Function(
        Function::new("setspeed", ignore, 2, ".n")
            .documented("setspeed(hertz)", "Sets the clock, which makes no difference."),
    ),
    Member::Function(Function::new("read", read, 3, ".nn").documented("read(address, count) -> blob", "Reads bytes.")),
    Member::Function(
        Function::new("readintoblob", read_into_blob, 4, ".nxn")
            .documented("readintoblob(address, blob, count)", "Reads bytes into a blob, from where it stands."),
    ),
    Member::Function(Function::new("write", write, -3, ".n.iii").documented(
        "write(address, string|blob [, flags [, start [, end]]]) -> integer",
        "Writes bytes; returns 0, or the one of `SPIFLASH_...VERIFY` that failed.",
    )),
    Member::Function(
        Function::new("erasesector", erase_sector, 2, ".n")
            .documented("erasesector(address)", "Erases the 4096 bytes from there on."),
    ),
];

/// The flash, which must be enabled for this.
fn flash<'c>(call: &'c mut Call<'_>, what: &str) -> Result<&'c mut Flash, Fault> {
    let imp = imp_state(call)?;
    if imp.flash_enabled == 0 {
        return Err(refused("flash is not enabled", what));
    }
    let flash = imp.peripherals.as_deref_mut().and_then(|peripherals| peripherals.flash.as_mut());
    flash.ok_or_else(|| refused("there is no flash", what))
}

fn address(call: &Call<'_>, what: &str) -> Result<u32, Fault> {
    u32::try_from(integer(call, 1)).map_err(|_| refused("address out of range", what))
}

fn enable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let imp = imp_state(call)?;
    imp.flash_enabled = imp.flash_enabled.saturating_add(1);
    done()
}

fn disable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let imp = imp_state(call)?;
    imp.flash_enabled = imp.flash_enabled.saturating_sub(1);
    done()
}

fn size(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let size = flash(call, "spiflash.size()")?.size_bytes();
    Ok(Flow::Return(Value::integer(size.cast_signed())))
}

fn chip_id(call: &mut Call<'_>) -> Result<Flow, Fault> {
    // The last byte says the size of such parts: so many powers of two. The rest is our choice.
    let size = flash(call, "spiflash.chipid()")?.size_bytes().max(1);
    let powers = i32::try_from(size.next_power_of_two().trailing_zeros()).unwrap_or_default();
    Ok(Flow::Return(Value::integer(0x00EF_4000 | powers)))
}

/// What a program wants to read.
fn take(call: &mut Call<'_>, place: usize, what: &str) -> Result<Vec<u8>, Fault> {
    let (address, count) = (address(call, what)?, count(call, place, MOST_BYTES, what)?);
    ensure_room(call.heap, count + 256)?;
    call.charge(count / 4 + 8);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    flash(call, what)?.read(address, count).map_err(|error| refused(error, what))
}

fn read(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = take(call, 2, "spiflash.read(address, count)")?;
    codec::blob(call, bytes).map(Flow::Return)
}

fn read_into_blob(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = take(call, 3, "spiflash.readintoblob(address, blob, count)")?;
    let blob = call.argument(2);
    if !call.heap.write_blob(blob, None, &bytes)? {
        return Err(wrong_type(2, blob, "blob"));
    }
    done()
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    const WHAT: &str = "spiflash.write(address, data, flags, start, end)";
    if call.count() > 6 {
        return Err("wrong number of parameters".into());
    }
    let (address, data, flags) = (address(call, WHAT)?, bytes(call, 2)?, integer(call, 3));
    let start = if call.count() > 4 { count(call, 4, data.len(), WHAT)? } else { 0 };
    let end = if call.count() > 5 { count(call, 5, data.len(), WHAT)? } else { data.len() };
    let data = data.get(start..end).ok_or_else(|| refused("start after end", WHAT))?;
    call.charge(data.len() / 2 + 8);
    let verify = Verify { before: flags & SPIFLASH_PREVERIFY != 0, after: flags & SPIFLASH_POSTVERIFY != 0 };
    let verified = flash(call, WHAT)?.write(address, data, verify).map_err(|error| refused(error, WHAT))?;
    Ok(Flow::Return(Value::integer(match verified {
        Verified::Good => 0,
        Verified::BadBefore => SPIFLASH_PREVERIFY,
        Verified::BadAfter => SPIFLASH_POSTVERIFY,
    })))
}

fn erase_sector(call: &mut Call<'_>) -> Result<Flow, Fault> {
    const WHAT: &str = "spiflash.erasesector(address)";
    let address = address(call, WHAT)?;
    call.charge(SECTOR_BYTES as usize / 4);
    flash(call, WHAT)?.erase_sector(address).map_err(|error| refused(error, WHAT))?;
    done()
}
