//! The hardware under the program of an imp: it goes on with the time, and what it notices becomes calls.

use squirrel::{Fault, Heap, OutOfMemory, Value};

use crate::agent::{Agent, Event, MOST_WAITING, Made, Work};
use crate::api::{DAC, SAMPLER};
use crate::board::HardwareEvent;
use crate::host::{Callback, callback};
use crate::imp::{ImpEvent, Peripherals};

impl Agent {
    /// Gives the program of an imp its hardware, with pins and buses as they are when a program starts.
    pub fn plug_in(&mut self, mut peripherals: Box<Peripherals>) {
        if let Some(imp) = self.host.imp.as_deref_mut() {
            peripherals.hardware.reset();
            imp.peripherals = Some(peripherals);
        }
    }

    /// Takes the hardware from the program of an imp, which has ended.
    pub fn unplug(&mut self) -> Option<Box<Peripherals>> {
        self.host.imp.as_deref_mut()?.peripherals.take()
    }

    /// The hardware that the program of an imp works on.
    pub fn peripherals(&mut self) -> Option<&mut Peripherals> {
        self.host.imp.as_deref_mut()?.peripherals.as_deref_mut()
    }

    /// Lets the hardware go on while the program does not, up to a Unix time in microseconds. Returns when it has something to do
    /// next.
    pub fn let_hardware_pass(&mut self, now_us: i64) -> Option<i64> {
        self.host.now_us = self.host.now_us.max(now_us);
        self.notice_hardware()
    }

    /// Has what the hardware noticed up to now wait for its turn. Returns when there may be more.
    pub(crate) fn notice_hardware(&mut self) -> Option<i64> {
        let now_us = self.host.now_us;
        let hardware = &mut self.peripherals()?.hardware;
        let events = hardware.advance(now_us);
        let next_us = hardware.next_event_us();
        for event in events {
            self.tell_hardware(event);
        }
        next_us
    }

    /// Has an event wait, if the program can make something of it. What fills up meanwhile is lost, as in the imp itself.
    pub(crate) fn tell_hardware(&mut self, event: HardwareEvent) {
        let known = |waiting: &Event| match (waiting, &event) {
            (Event::Imp(ImpEvent::Hardware(HardwareEvent::UartData { bus })), HardwareEvent::UartData { bus: new }) => {
                bus == new
            }
            (
                Event::Imp(ImpEvent::Hardware(HardwareEvent::SamplerBuffer { buffer, .. })),
                HardwareEvent::SamplerBuffer { buffer: new, .. },
            ) => buffer == new,
            _ => false,
        };
        if self.hears(&event)
            && self.waiting.len() < MOST_WAITING
            && !self.waiting.iter().any(|(_, event)| known(event))
        {
            self.waiting.push_back((self.host.now_us, Event::Imp(ImpEvent::Hardware(event))));
        }
    }

    /// Whether the program wants to know of an event. What nobody heard is not told later.
    fn hears(&mut self, event: &HardwareEvent) -> bool {
        let name = match event {
            HardwareEvent::Edge { pin, .. } => pin.name(),
            HardwareEvent::UartData { bus } => bus.name(),
            HardwareEvent::SamplerBuffer { .. } => SAMPLER,
            HardwareEvent::DacBuffer { .. } => DAC,
            HardwareEvent::Wake { .. } => return false,
        };
        self.called_by(name).is_ok_and(|called| !called.is_null())
    }

    /// Begins to handle something that the hardware noticed. Says whether that takes a call.
    pub(crate) fn begin_hardware(&mut self, event: HardwareEvent) -> Result<bool, OutOfMemory> {
        let work = Work::Callback { request: None };
        Ok(match event {
            HardwareEvent::Edge { pin, .. } => {
                let function = self.called_by(pin.name())?;
                !function.is_null() && self.start(function, &[], work)
            }
            HardwareEvent::UartData { bus } => {
                let function = self.called_by(bus.name())?;
                !function.is_null() && self.start(function, &[], work)
            }
            HardwareEvent::SamplerBuffer { buffer, bytes } => {
                let kept = self.called_by(SAMPLER)?;
                let items = self.vm.heap().items(kept);
                let (Some(&function), Some(&blob)) = (items.first(), items.get(buffer + 1)) else { return Ok(false) };
                let length = Value::integer(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                self.vm.make(Made(|heap: &mut Heap| heap.write_blob(blob, Some(0), &bytes).map(|_| blob)))?;
                !function.is_null() && self.start(function, &[blob, length], work)
            }
            HardwareEvent::DacBuffer { continues } => {
                let kept = self.called_by(DAC)?;
                let mut items = self.vm.heap().items(kept).to_vec();
                if items.len() < 2 {
                    return Ok(false);
                }
                let (function, played) = (items[0], items.remove(1));
                self.set_called_by(DAC, items)?;
                if !continues {
                    self.call_soon(function, &[Value::NULL])?;
                }
                !function.is_null() && self.start(function, &[played], work)
            }
            HardwareEvent::Wake { .. } => false,
        })
    }

    /// What the program wants called by a pin or bus: a function, or an array of it and buffers; null if nothing.
    fn called_by(&mut self, name: &str) -> Result<Value, OutOfMemory> {
        let key = self.vm.string(name.as_bytes())?;
        let table = callback(self.vm.heap(), self.host.callbacks, Callback::Hardware);
        Ok(self.vm.heap().table_get(table, key, &mut 0).unwrap_or(Value::NULL))
    }

    fn set_called_by(&mut self, name: &str, items: Vec<Value>) -> Result<(), OutOfMemory> {
        let key = self.vm.string(name.as_bytes())?;
        let table = callback(self.vm.heap(), self.host.callbacks, Callback::Hardware);
        self.vm.make(Made(|heap: &mut Heap| -> Result<Value, Fault> {
            let array = heap.array(items)?;
            heap.table_set(table, key, array, &mut 0)?;
            Ok(array)
        }))?;
        Ok(())
    }
}
