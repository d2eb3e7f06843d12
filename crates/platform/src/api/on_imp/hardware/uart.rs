//! `hardware.uart57` and the others.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{count, hardware, integer, number, owner, refused, set_hardware_callback, wait_until};
use crate::api::{bytes, done, function_or_null};
use crate::board::{UartBus, UartSetting};
use crate::codec::{self, ensure_room};
use crate::constants::{NO_CTSRTS, NO_RX, NO_TX, PARITY_NONE, PARITY_ODD, TIMING_ENABLED};

/// What a FIFO holds at most, in bytes.
const MOST_FIFO: usize = 65_536;

/// The bit of `flags()` that says that received bytes were lost.
///
/// # Source
/// That it is this bit is our choice.
const OVERRUN: i32 = 8;

/// Where above a byte the microseconds stand that it came after the one before.
///
/// # Source
/// Our choice: the vendor's pages say that there are times, and programs take the byte with `& 0xFF`.
const TIME_SHIFT: u32 = 8;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, -6, ".niinic|o").documented(
        "configure(baud, wordsize, parity, stopbits, flags [, function()]) -> integer",
        "Configures the line, and returns how fast it is; the function is called when bytes have arrived.",
    )),
    Member::Function(Function::new("write", write, 2, ".").documented(
        "write(string|blob|integer)",
        "Sends bytes; it returns when the FIFO holds what has not gone yet.",
    )),
    Member::Function(
        Function::new("flush", flush, 1, "").documented("flush()", "Waits until everything has been sent."),
    ),
    Member::Function(Function::new("read", read, 1, "").documented(
        "read() -> integer",
        "Returns a received byte, with `TIMING_ENABLED` and its time; -1 if there is none.",
    )),
    Member::Function(
        Function::new("readstring", read_string, -1, ".n")
            .documented("readstring([most]) -> string", "Returns what has been received."),
    ),
    Member::Function(
        Function::new("readblob", read_blob, -1, ".n")
            .documented("readblob([most]) -> blob", "Returns what has been received."),
    ),
    Member::Function(
        Function::new("flags", flags, 1, "")
            .documented("flags() -> integer", "Returns 8 if received bytes were lost, else 0."),
    ),
    Member::Function(
        Function::new("settxfifosize", set_tx_fifo, 2, ".n")
            .documented("settxfifosize(bytes)", "Sets how many bytes can wait to be sent."),
    ),
    Member::Function(
        Function::new("setrxfifosize", set_rx_fifo, 2, ".n")
            .documented("setrxfifosize(bytes)", "Sets how many received bytes can wait."),
    ),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Disables the line.")),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    const WHAT: &str = "uart.configure(baud, wordsize, parity, stopbits, flags)";
    let bus = owner(call, UartBus::named)?;
    if call.count() > 7 {
        return Err("wrong number of parameters".into());
    }
    let baud = u32::try_from(integer(call, 1)).ok().filter(|baud| (1..=10_000_000).contains(baud));
    let baud = baud.ok_or_else(|| refused("invalid baud rate", WHAT))?;
    let word_bits = u8::try_from(integer(call, 2)).ok().filter(|bits| (7..=8).contains(bits));
    let parity = integer(call, 3);
    if !(PARITY_NONE..=PARITY_ODD).contains(&parity) {
        return Err(refused("invalid parity", WHAT));
    }
    // There may be one and a half.
    let stop_bits = if number(call, 4)? > 1.0 { 2 } else { 1 };
    let flags = integer(call, 5);
    let setting = UartSetting {
        baud,
        word_bits: word_bits.ok_or_else(|| refused("invalid word size", WHAT))?,
        has_parity: parity != PARITY_NONE,
        stop_bits,
        sends: flags & NO_TX == 0,
        receives: flags & NO_RX == 0,
        uses_rts: flags & NO_CTSRTS == 0,
        is_timed: flags & TIMING_ENABLED != 0,
    };
    let function = function_or_null(call, 6)?;
    set_hardware_callback(call, bus.name(), function)?;
    hardware(call)?.configure_uart(bus, setting);
    Ok(Flow::Return(Value::integer(baud.cast_signed())))
}

/// The line, which must be configured for this.
fn configured(call: &mut Call<'_>, what: &str) -> Result<UartBus, Fault> {
    let bus = owner(call, UartBus::named)?;
    if hardware(call)?.is_uart_configured(bus) { Ok(bus) } else { Err(refused("bus is not enabled", what)) }
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return done();
    }
    let bus = configured(call, "uart.write(data)")?;
    let data = match call.argument(1).as_integer() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one byte is sent")]
        Some(byte) => vec![byte as u8],
        None => bytes(call, 1)?,
    };
    call.charge(data.len() + 8);
    let at_us = hardware(call)?.write_uart(bus, &data);
    wait_until(call, at_us)
}

fn flush(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return done();
    }
    let bus = configured(call, "uart.flush()")?;
    let at_us = hardware(call)?.uart_idle_us(bus);
    wait_until(call, at_us)
}

fn read(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = configured(call, "uart.read()")?;
    let hardware = hardware(call)?;
    let gap_us = hardware.uart_gap_us(bus).unwrap_or(0);
    let byte = hardware.read_uart(bus, 1).first().map_or(-1, |&byte| gap_us << TIME_SHIFT | i32::from(byte));
    Ok(Flow::Return(Value::integer(byte)))
}

/// Takes received bytes, for which there is room.
fn take(call: &mut Call<'_>, what: &str) -> Result<Vec<u8>, Fault> {
    let bus = configured(call, what)?;
    let most = if call.count() > 1 { count(call, 1, i32::MAX as usize, what)? } else { MOST_FIFO };
    // Not from the line before it can be kept.
    let received = hardware(call)?.uart_received(bus);
    ensure_room(call.heap, most.min(received) + 256)?;
    let bytes = hardware(call)?.read_uart(bus, most);
    call.charge(bytes.len() / 16 + 8);
    Ok(bytes)
}

fn read_string(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = take(call, "uart.readstring(count)")?;
    call.heap.string_from(bytes).map(Flow::Return)
}

fn read_blob(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = take(call, "uart.readblob(count)")?;
    codec::blob(call, bytes).map(Flow::Return)
}

fn flags(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = configured(call, "uart.flags()")?;
    let is_overrun = hardware(call)?.take_uart_overrun(bus);
    Ok(Flow::Return(Value::integer(if is_overrun { OVERRUN } else { 0 })))
}

fn set_tx_fifo(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, UartBus::named)?;
    let bytes = count(call, 1, MOST_FIFO, "uart.settxfifosize(bytes)")?;
    hardware(call)?.set_uart_fifos(bus, None, Some(bytes));
    done()
}

fn set_rx_fifo(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, UartBus::named)?;
    let bytes = count(call, 1, MOST_FIFO, "uart.setrxfifosize(bytes)")?;
    hardware(call)?.set_uart_fifos(bus, Some(bytes), None);
    done()
}

fn disable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bus = owner(call, UartBus::named)?;
    set_hardware_callback(call, bus.name(), Value::NULL)?;
    hardware(call)?.disable_uart(bus);
    done()
}
