//! `hardware.pin1` and the others.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{float, hardware, number, owner, refused, set_hardware_callback};
use crate::api::{done, function_or_null};
use crate::board::{Pin, PinError, PinMode};
use crate::constants::{
    ANALOG_IN, ANALOG_OUT, DIGITAL_IN, DIGITAL_IN_PULLDOWN, DIGITAL_IN_PULLUP, DIGITAL_IN_WAKEUP, DIGITAL_OUT,
    DIGITAL_OUT_OD, DIGITAL_OUT_OD_PULLUP, PWM_OUT,
};

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, -2, ".i").documented(
        "configure(mode [, ...])",
        "Configures the pin: outputs with a level, `PWM_OUT` with period and duty, inputs with a function for edges.",
    )),
    Member::Function(
        Function::new("write", write, 2, ".")
            .documented("write(value)", "Sets an output: a level, or a part from 0 to 1."),
    ),
    Member::Function(
        Function::new("read", read, 1, "").documented("read() -> integer|float", "Returns a level, or 0 to 65535."),
    ),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Leaves the pin to itself.")),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    const WHAT: &str = "pin.configure(mode)";
    let pin = owner(call, Pin::named)?;
    let given = call.count() - 2;
    let mode = call.argument(1).as_integer().and_then(mode).ok_or_else(|| refused("unsupported mode", WHAT))?;
    let takes = match mode {
        PinMode::PwmOut { .. } => 2..=2,
        PinMode::AnalogIn => 0..=0,
        _ => 0..=1,
    };
    if !takes.contains(&given) {
        return Err("wrong number of parameters".into());
    }
    if mode == PinMode::DigitalInWakeup && !pin.can_wake() {
        return Err(refused(PinError::CannotWake, WHAT));
    }
    let callback = if mode.is_digital_in() { function_or_null(call, 2)? } else { Value::NULL };
    let (mode, initial) = match mode {
        PinMode::PwmOut { .. } => (PinMode::PwmOut { period_us: period_us(number(call, 2)?)? }, number(call, 3)?),
        _ if given == 1 && !mode.is_digital_in() => (mode, number(call, 2)?),
        _ => (mode, 0.0),
    };
    set_hardware_callback(call, pin.name(), callback)?;
    let configured = hardware(call)?.configure_pin(pin, mode, initial, !callback.is_null());
    configured.map_err(|error| refused(error, WHAT))?;
    done()
}

fn mode(constant: i32) -> Option<PinMode> {
    Some(match constant {
        DIGITAL_IN => PinMode::DigitalIn,
        DIGITAL_IN_PULLUP => PinMode::DigitalInPullUp,
        DIGITAL_IN_PULLDOWN => PinMode::DigitalInPullDown,
        DIGITAL_IN_WAKEUP => PinMode::DigitalInWakeup,
        DIGITAL_OUT => PinMode::DigitalOut,
        DIGITAL_OUT_OD => PinMode::DigitalOutOpenDrain,
        DIGITAL_OUT_OD_PULLUP => PinMode::DigitalOutOpenDrainPullUp,
        ANALOG_IN => PinMode::AnalogIn,
        ANALOG_OUT => PinMode::AnalogOut,
        PWM_OUT => PinMode::PwmOut { period_us: 0 },
        _ => return None,
    })
}

fn period_us(seconds: f64) -> Result<i64, Fault> {
    if !(1e-6..=3600.0).contains(&seconds) {
        return Err(refused("invalid period", "pin.configure(PWM_OUT, period, duty)"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "in this range it fits")]
    let us = (seconds * 1e6).round() as i64;
    Ok(us)
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (pin, value) = (owner(call, Pin::named)?, number(call, 1)?);
    hardware(call)?.write_pin(pin, value).map_err(|error| refused(error, "pin.write(value)"))?;
    done()
}

fn read(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let pin = owner(call, Pin::named)?;
    let hardware = hardware(call)?;
    let value = hardware.read_pin(pin).map_err(|error| refused(error, "pin.read()"))?;
    let is_part = matches!(hardware.pin_mode(pin), Some(PinMode::AnalogOut | PinMode::PwmOut { .. }));
    #[expect(clippy::cast_possible_truncation, reason = "it is from 0 to 65535")]
    let whole = value as i32;
    Ok(Flow::Return(if is_part { float(value) } else { Value::integer(whole) }))
}

fn disable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let pin = owner(call, Pin::named)?;
    set_hardware_callback(call, pin.name(), Value::NULL)?;
    hardware(call)?.disable_pin(pin);
    done()
}
