//! What the types of imps are like, as far as their programs can tell.

use impstead_device_protocol::{DeviceId, DeviceSecret};
use platform::{ImpFacts, Network};
use squirrel::Limits;

use crate::imp::Setup;

/// What `imp.getsoftwareversion` says: programs split it at the hyphens.
const SOFTWARE: &str = "impstead - release-42.15 - Tue Jan 13 09:00:00 2026 - production";

/// Memory of the program's values and room for its source, in KiB, by type.
///
/// # Source
/// Our choice, in the vendor's proportions: values take more room here than on a 32-bit processor, and source more than the byte
/// code that the vendor's imps store.
const SIZES: [(&str, usize, usize); 7] = [
    ("imp001", 256, 128),
    ("imp002", 256, 128),
    ("imp003", 512, 256),
    ("imp004", 512, 256),
    ("imp004m", 512, 256),
    ("imp005", 2048, 1024),
    ("imp006", 2048, 1024),
];

impl Setup {
    /// That of an imp of a type (of one that is not known, as of an imp006), on a quiet network, of whose server the name is known.
    pub fn new(device: DeviceId, secret: DeviceSecret, server: String, imp_type: &str, mac_address: &str) -> Setup {
        let known = SIZES.iter().find(|(name, ..)| *name == imp_type);
        let (heap_kib, storage_kib) = known.map_or((2048, 1024), |(_, heap, storage)| (*heap, *storage));
        Setup {
            device,
            secret,
            server,
            facts: ImpFacts {
                imp_type: imp_type.to_owned(),
                mac_address: mac_address.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase(),
                wake_reason: 0,
                software_version: SOFTWARE.to_owned(),
                network: Network {
                    ssid: "impstead".to_owned(),
                    bssid: "02:00:00:00:00:01".to_owned(),
                    channel: 6,
                    rssi: -50,
                    address: "192.168.0.2".to_owned(),
                },
                user_configuration: None,
                supply_v: 3.3,
                light_level: 32_768,
            },
            limits: Limits { heap_bytes: heap_kib << 10, ..Limits::default() },
            storage_bytes: storage_kib << 10,
        }
    }
}
