//! SPI buses.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        file::SpiKind,
        names::{Pin, SpiBus},
    },
    Hardware, OutputChange, SpiPartState, State, measure,
};

/// How a program has configured an SPI bus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpiSetting {
    /// How fast it is to be.
    pub khz: f64,
    /// Whether the lowest bit of a byte goes first (`LSB_FIRST`).
    pub lowest_bit_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SpiBusState {
    setting: SpiSetting,
    /// Whether the program holds the bus's own select line low over several transfers.
    is_selected: bool,
}

/// The fastest clock; the others are its halves, its quarters and so on.
const FASTEST_KHZ: f64 = 15_000.0;
const MOST_HALVINGS: i32 = 7;

impl Hardware {
    /// Configures a bus, and says how fast it is: the next speed below what was asked for.
    pub fn configure_spi(&mut self, bus: SpiBus, setting: SpiSetting) -> f64 {
        let mut speeds = (0..=MOST_HALVINGS).map(|halvings| FASTEST_KHZ / 2f64.powi(halvings));
        let khz = speeds.find(|&khz| khz <= setting.khz).unwrap_or(FASTEST_KHZ / 2f64.powi(MOST_HALVINGS));
        let setting = SpiSetting { khz, ..setting };
        self.state.spi_buses.insert(bus, SpiBusState { setting, is_selected: false });
        khz
    }

    /// Disables a bus.
    pub fn disable_spi(&mut self, bus: SpiBus) {
        self.state.spi_buses.remove(&bus);
    }

    /// Whether a bus is configured.
    pub fn is_spi_configured(&self, bus: SpiBus) -> bool {
        self.state.spi_buses.contains_key(&bus)
    }

    /// Moves the select line of the bus itself (`spi.chipselect()`); it is low while parts are selected.
    pub fn select_spi(&mut self, bus: SpiBus, is_selected: bool) {
        if let Some(state) = self.state.spi_buses.get_mut(&bus) {
            state.is_selected = is_selected;
        }
        if !is_selected {
            self.deselect(|part_bus, chip_select| part_bus == bus && chip_select.is_none());
        }
    }

    /// Sends bytes, and says what comes back meanwhile: as many. Nothing, if the bus is not configured.
    pub fn transfer_spi(&mut self, bus: SpiBus, bytes: &[u8]) -> Option<Vec<u8>> {
        let SpiBusState { setting, is_selected } = *self.state.spi_buses.get(&bus)?;
        let turn = |byte: u8| if setting.lowest_bit_first { byte.reverse_bits() } else { byte };
        let sent: Vec<u8> = bytes.iter().copied().map(turn).collect();
        let mut received = vec![0xFF; sent.len()];
        for index in 0..self.board.spi.len() {
            let part = &self.board.spi[index];
            if part.bus == bus && part.chip_select.is_none_or(|pin| self.is_held_low(pin)) {
                let answer = self.transfer_to_part(index, &sent, setting.khz);
                received.iter_mut().zip(answer).for_each(|(byte, answered)| *byte &= answered);
            }
        }
        if !is_selected {
            self.deselect(|part_bus, chip_select| part_bus == bus && chip_select.is_none());
        }
        self.notice_edges();
        Some(received.into_iter().map(turn).collect())
    }

    fn transfer_to_part(&mut self, index: usize, sent: &[u8], khz: f64) -> Vec<u8> {
        let Hardware { board, state: State { world, spi_parts, now_us, .. }, .. } = self;
        match (&board.spi[index].kind, &mut spi_parts[index]) {
            (SpiKind::Leds(leds), SpiPartState::Leds(colours)) => {
                leds.shift(sent, khz, colours);
                let change = OutputChange::Leds { name: leds.name.clone(), colours: colours.clone() };
                self.output(change);
                Vec::new()
            }
            (SpiKind::Registers(map), SpiPartState::Registers(registers)) => {
                let measure = measure(world, &board.signals);
                sent.iter().map(|&byte| registers.exchange(map, byte, *now_us, &measure)).collect()
            }
            (SpiKind::Loopback, _) => sent.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Ends the transfer of parts that a pin has selected until now.
    pub(super) fn chip_select_moved(&mut self, pin: Pin, is_high: bool) {
        if is_high {
            self.deselect(|_, chip_select| chip_select == Some(pin));
        }
    }

    fn deselect(&mut self, which: impl Fn(SpiBus, Option<Pin>) -> bool) {
        for (part, state) in self.board.spi.iter().zip(&mut self.state.spi_parts) {
            if let (SpiPartState::Registers(registers), true) = (state, which(part.bus, part.chip_select)) {
                registers.deselect();
            }
        }
    }
}
