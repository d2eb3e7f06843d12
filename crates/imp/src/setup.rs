//! What an imp is, from its board.

use std::sync::Arc;

use impstead_device_protocol::{DeviceId, DeviceSecret};
use platform::{ImpFacts, Network, board::Board};
use squirrel::Limits;

use crate::imp::Setup;

/// What `imp.getsoftwareversion` says: programs split it at the hyphens.
const SOFTWARE: &str = "impstead - release-42.15 - Tue Jan 13 09:00:00 2026 - production";

impl Setup {
    /// That of an imp on a board, of whose server the name is known.
    pub fn new(device: DeviceId, secret: DeviceSecret, server: String, board: &Arc<Board>) -> Setup {
        // The id of a device ends with the MAC address that it was made with.
        let mac_address = board.mac.clone().unwrap_or_else(|| device.to_string().split_off(4));
        let (ssid, bssid, channel) = match &board.wifi {
            Some(wifi) => (wifi.ssid.clone(), wifi.bssid.clone(), wifi.channel),
            None => (String::new(), String::new(), 0),
        };
        Setup {
            device,
            secret,
            server,
            facts: ImpFacts {
                imp_type: board.imp_type.name().to_owned(),
                mac_address,
                wake_reason: 0,
                software_version: SOFTWARE.to_owned(),
                network: Network { ssid, bssid, channel: channel.into(), rssi: -50, address: "192.168.0.2".to_owned() },
                user_configuration: None,
            },
            limits: Limits { heap_bytes: board.memory_bytes as usize, ..Limits::default() },
            storage_bytes: board.program_bytes as usize,
            board: board.clone(),
            world_seed: u64::from_be_bytes(device.0),
            world_began_us: None,
            real: None,
        }
    }
}
