//! What is done to an imp's hardware from outside while it runs, and what can be seen there.

use impstead_device_protocol::{DeviceId, WakeReason};
use platform::Peripherals;
use platform::board::{Hardware, HardwareEvent, Input, OutputChange, Pin, Seen, UartBus, UnknownSignal};

use crate::imp::{Imp, Output};

impl Imp {
    /// Applies something to a pin, or with `None` leaves it to the board again. [Run](Imp::run) the imp after this, as after the
    /// others.
    pub fn set_input(&mut self, now_us: i64, pin: Pin, input: Option<Input>) {
        self.hardware_at(now_us).set_input(pin, input);
    }

    /// What is applied to a pin.
    pub fn input(&mut self, pin: Pin) -> Option<Input> {
        self.peripherals().hardware.input(pin)
    }

    /// Sets one of the board's signals, or with `None` leaves it to the board again.
    ///
    /// # Errors
    /// If the board has no signal of this name.
    pub fn set_signal(&mut self, now_us: i64, name: &str, value: Option<f64>) -> Result<(), UnknownSignal> {
        self.hardware_at(now_us).set_signal(name, value)
    }

    /// Has bytes arrive on a UART, as if the other end had sent them.
    pub fn inject_uart(&mut self, now_us: i64, bus: UartBus, bytes: &[u8]) {
        self.hardware_at(now_us).inject_uart(bus, bytes);
    }

    /// Has the hardware do only so much in a [run](Imp::run) that other imps have their turn soon, and be late if that is not enough.
    /// At first it does all that is due.
    pub fn take_turns(&mut self) {
        self.peripherals().hardware.take_turns();
    }

    /// Whether what changes on the hardware's outputs is to be gathered for [`Imp::take_changes`]. At first it is not.
    pub fn watch(&mut self, is_watched: bool) {
        self.peripherals().hardware.watch(is_watched);
    }

    /// What has changed on outputs since the last time that somebody asked; the oldest of very many changes are forgotten.
    pub fn take_changes(&mut self) -> Vec<(i64, OutputChange)> {
        self.peripherals().hardware.take_outputs().into_iter().map(|output| (output.at_us, output.what)).collect()
    }

    /// What there is to see.
    pub fn seen(&mut self, now_us: i64) -> Vec<Seen> {
        self.hardware_at(now_us).seen()
    }

    /// Its hardware, at a Unix time in microseconds.
    fn hardware_at(&mut self, now_us: i64) -> &mut Hardware {
        self.now_us = self.now_us.max(now_us);
        self.let_hardware_pass();
        &mut self.peripherals().hardware
    }

    /// Its hardware and its flash: with the program while one runs, else with the imp.
    pub(crate) fn peripherals(&mut self) -> &mut Peripherals {
        let with_program = self.running.as_mut().and_then(|running| running.agent.peripherals());
        with_program.or(self.peripherals.as_deref_mut()).expect("it is in one of the two places")
    }

    /// Lets the hardware go on up to now without the program. A pin may wake the imp. Returns when to look again.
    pub(crate) fn let_hardware_pass(&mut self) -> Option<i64> {
        if let Some(running) = &mut self.running {
            return running.agent.let_hardware_pass(self.now_us);
        }
        let (is_asleep, now_us) = (self.asleep_us.is_some(), self.now_us);
        let hardware = &mut self.peripherals.as_deref_mut()?.hardware;
        let is_woken = hardware.advance(now_us).iter().any(|event| matches!(event, HardwareEvent::Wake { .. }));
        let next_us = hardware.next_event_us();
        if is_asleep && is_woken {
            (self.wake_reason, self.asleep_us) = (WakeReason::PIN, Some(now_us));
        }
        next_us
    }

    /// Puts sectors of its SPI flash back that [`Output::KeepFlash`] told to keep, before it runs first.
    pub fn load_flash(&mut self, sectors: impl IntoIterator<Item = (u32, Vec<u8>)>) {
        if let Some(flash) = &mut self.peripherals().flash {
            flash.load(sectors);
        }
    }

    /// Has what has changed in the flash kept.
    pub(crate) fn keep_flash(&mut self) {
        let changes = self.peripherals().flash.as_mut().map(platform::board::Flash::take_changes).unwrap_or_default();
        if !changes.is_empty() {
            self.outputs.push(Output::KeepFlash(changes));
        }
    }

    // The factory.

    /// Whether nothing was done to it yet: it has no program, and no factory fixture has configured it.
    pub fn is_blank(&self) -> bool {
        self.stored.program.is_none() && self.stored.fixture.is_none() && self.enrol.is_none()
    }
}

/// Configures a device under test, as [`Output::FactoryBlinkUp`] of the fixture of this id asks for: of imps that are in one place
/// the first that is blank. Says which it was.
pub fn factory_blink_up<'i>(
    now_us: i64,
    fixture: DeviceId,
    imps: impl IntoIterator<Item = &'i mut Imp>,
) -> Option<DeviceId> {
    let imp = imps.into_iter().find(|imp| imp.device() != fixture && imp.is_blank())?;
    imp.blink_up(now_us, String::new(), String::new(), Some(fixture));
    Some(imp.device())
}
