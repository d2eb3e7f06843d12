//! The link of one device: frames that take their time and keep their order, until it breaks.

use crate::chance::Chance;
use crate::scenario::Network;

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    /// When the frame before arrives: none overtakes it.
    last_us: i64,
}

impl Wire {
    /// When a frame arrives that is sent now; none if it is lost.
    pub(crate) fn carry(&mut self, now_us: i64, network: &Network, chance: &mut Chance) -> Option<i64> {
        let (least, most) = network.delay_ms;
        let delay_us = chance.between((least * 1000, most * 1000));
        if chance.happens(network.loss) {
            return None;
        }
        self.last_us = self.last_us.max(now_us + delay_us);
        Some(self.last_us)
    }
}
