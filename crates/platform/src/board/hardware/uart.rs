//! UARTs.

use super::{
    super::{
        names::UartBus,
        numbers::stream,
        uart::{Peer, Uart, UartSetting},
    },
    Hardware, HardwareEvent, OutputChange, State,
};

/// The largest FIFO.
const MOST_FIFO_BYTES: usize = 65_536;

/// Those who watch see what a program sends in pieces of so many bytes.
const WATCHED_BYTES: usize = 1024;

impl Hardware {
    /// Configures a UART; what it had received is gone.
    pub fn configure_uart(&mut self, bus: UartBus, setting: UartSetting) {
        let setting = UartSetting { baud: setting.baud.clamp(1, 10_000_000), ..setting };
        let now_us = self.state.now_us;
        self.uart(bus).configure(setting, now_us);
    }

    /// Disables a UART.
    pub fn disable_uart(&mut self, bus: UartBus) {
        self.uart(bus).disable();
    }

    /// Whether a UART is configured.
    pub fn is_uart_configured(&self, bus: UartBus) -> bool {
        self.state.uarts.get(&bus).is_some_and(Uart::is_configured)
    }

    /// Sets how many bytes the FIFOs hold; `None` leaves one as it is.
    pub fn set_uart_fifos(&mut self, bus: UartBus, rx_bytes: Option<usize>, tx_bytes: Option<usize>) {
        let uart = self.uart(bus);
        uart.rx_fifo_bytes = rx_bytes.unwrap_or(uart.rx_fifo_bytes).clamp(1, MOST_FIFO_BYTES);
        uart.tx_fifo_bytes = tx_bytes.unwrap_or(uart.tx_fifo_bytes).clamp(1, MOST_FIFO_BYTES);
    }

    /// Sends bytes, and says when the program can go on: when the FIFO holds what has not gone yet.
    pub fn write_uart(&mut self, bus: UartBus, bytes: &[u8]) -> i64 {
        let now_us = self.state.now_us;
        if self.state.is_watched && self.is_uart_configured(bus) {
            for piece in bytes.chunks(WATCHED_BYTES) {
                self.output(OutputChange::Uart { bus, bytes: piece.to_vec() });
            }
        }
        self.uart(bus).write(bytes, now_us)
    }

    /// What was sent last on UARTs on which something was.
    pub(in super::super) fn sent_on_uarts(&self) -> impl Iterator<Item = (UartBus, Vec<u8>)> {
        let sent = self.state.uarts.iter().map(|(&bus, uart)| (bus, uart.sent.iter().copied().collect::<Vec<_>>()));
        sent.filter(|(_, sent)| !sent.is_empty())
    }

    /// When everything that was sent has gone: `uart.flush()`.
    pub fn uart_idle_us(&self, bus: UartBus) -> i64 {
        self.state.uarts.get(&bus).map_or(self.state.now_us, |uart| uart.idle_us(self.state.now_us))
    }

    /// How many received bytes wait.
    pub fn uart_received(&self, bus: UartBus) -> usize {
        self.state.uarts.get(&bus).map_or(0, Uart::received)
    }

    /// Takes received bytes, at most so many.
    pub fn read_uart(&mut self, bus: UartBus, most: usize) -> Vec<u8> {
        let now_us = self.state.now_us;
        self.uart(bus).read(most, now_us)
    }

    /// How long after the one before it the byte came that is read next, in microseconds; none unless the program wants to know.
    pub fn uart_gap_us(&self, bus: UartBus) -> Option<i32> {
        self.state.uarts.get(&bus).and_then(Uart::gap_us)
    }

    /// Whether received bytes were lost since the last time that somebody asked.
    pub fn take_uart_overrun(&mut self, bus: UartBus) -> bool {
        self.uart(bus).take_overrun()
    }

    /// Has bytes arrive, as if the peer had sent them.
    pub fn inject_uart(&mut self, bus: UartBus, bytes: &[u8]) {
        let now_us = self.state.now_us;
        self.uart(bus).receive(bytes, now_us);
    }

    fn uart(&mut self, bus: UartBus) -> &mut Uart {
        let Hardware { board, state, .. } = self;
        let peer = board.uarts.get(&bus).unwrap_or(&Peer::Silent);
        state.uarts.entry(bus).or_insert_with(|| Uart::new(peer, board.cts_rts.contains(&bus)))
    }

    pub(super) fn step_uarts(&mut self) {
        let Hardware { board, state: State { world, uarts, events, now_us, .. }, .. } = self;
        for (&bus, uart) in uarts {
            let peer = board.uarts.get(&bus).unwrap_or(&Peer::Silent);
            let has_received = uart.step(peer, world.started_us, *now_us, |measured, index| {
                world.value(&board.signals, &measured.signal, stream(bus.name()).wrapping_add(index as u64), *now_us)
            });
            if has_received {
                events.push(HardwareEvent::UartData { bus });
            }
        }
    }
}
