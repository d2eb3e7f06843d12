//! What a board may cost that a stranger wrote, where many share a machine.

use super::{Board, file::SpiKind, pins::PinSource, signal::Signal, uart::Peer};

/// Memory of a program, its code, and its flash, in bytes.
const MOST_MEMORY: u32 = 4 << 20;

/// Parts on buses, lines of scripts, and values, alarms, interrupts and commands of all parts together.
const MOST_PARTS: usize = 32;
const MOST_PIECES: usize = 256;

/// Signals with names.
const MOST_SIGNALS: usize = 256;

/// LEDs of all chains.
const MOST_LEDS: usize = 1024;

/// Parts of one signal, each of which is a wave form. A sampler may ask for it a million times a second.
const MOST_WAVES: usize = 8;

/// What happens on the board of itself, in a second.
const MOST_HAPPENINGS: f64 = 5_000.0;

impl Board {
    /// Says why the board would take too much of a machine that others use too; nothing, if it would not. The ready boards do not.
    pub fn excess(&self) -> Option<String> {
        let memories = [Some(self.memory_bytes), Some(self.program_bytes), self.flash_bytes];
        let names = ["memory_bytes", "program_bytes", "flash_bytes"];
        for (name, bytes) in names.into_iter().zip(memories) {
            if bytes.is_some_and(|bytes| bytes > MOST_MEMORY) {
                return Some(format!("`{name}` may be at most {MOST_MEMORY} here"));
            }
        }
        let parts = self.i2c.len() + self.spi.len();
        if parts > MOST_PARTS {
            return Some(format!("a board may have at most {MOST_PARTS} parts on buses here, not {parts}"));
        }
        let pieces = self.pieces();
        if pieces > MOST_PIECES {
            let what = "values, alarms, interrupts, commands, connections and lines of scripts";
            return Some(format!("a board may have at most {MOST_PIECES} {what} here, not {pieces}"));
        }
        let signals = self.signals.len();
        if signals > MOST_SIGNALS {
            return Some(format!("a board may have at most {MOST_SIGNALS} signals here, not {signals}"));
        }
        let leds = self.spi.iter().filter_map(|part| match &part.kind {
            SpiKind::Leds(leds) => Some(usize::from(leds.count)),
            _ => None,
        });
        let leds: usize = leds.sum();
        if leds > MOST_LEDS {
            return Some(format!("a board may have at most {MOST_LEDS} LEDs here, not {leds}"));
        }
        let waves = self.followed().into_iter().chain(self.signals.values()).map(|signal| self.waves(signal)).max();
        if let Some(waves) = waves.filter(|&waves| waves > MOST_WAVES) {
            return Some(format!("a signal may have at most {MOST_WAVES} parts here, not {waves}"));
        }
        let happenings = self.happenings();
        (happenings > MOST_HAPPENINGS).then(|| {
            format!("at most {MOST_HAPPENINGS} things a second may happen on a board here, not {happenings:.0}: give edges, samples and scripts more time")
        })
    }

    /// What has to be looked at in a step of the hardware, at the most.
    pub(super) fn pieces(&self) -> usize {
        let of_registers = self.register_maps().map(|map| map.values.len() + map.alarms.len() + map.interrupts.len());
        let of_scripts = self.uarts.values().map(|peer| match peer {
            Peer::Script(script) => script.lines(),
            Peer::Silent | Peer::Loopback | Peer::Modbus(_) => 0,
        });
        of_registers.chain(of_scripts).sum::<usize>() + self.commands() + self.connections.len()
    }

    /// How many wave forms have to be looked at for the value of a signal.
    fn waves(&self, signal: &Signal) -> usize {
        match signal {
            Signal::Constant(_) | Signal::Wave(_) => 1,
            Signal::Sum(parts) => parts.iter().map(|part| self.waves(part)).sum(),
            // One of those does not refer to another.
            Signal::Named(name) => match self.signals.get(name) {
                Some(Signal::Sum(parts)) => parts.len(),
                _ => 1,
            },
        }
    }

    /// How often something happens of itself in a second, at the most.
    fn happenings(&self) -> f64 {
        let pins = self.pins.values().map(PinSource::most_edges_per_s);
        let parts = self.register_maps().filter_map(|map| map.sampling.as_ref()).map(|sampling| {
            sampling.rate_hz.iter().flat_map(super::encoding::Setting::numbers).copied().fold(0.0, f64::max)
        });
        let scripts = self.uarts.values().map(Peer::most_bytes_per_s);
        pins.chain(parts).chain(scripts).sum()
    }
}
