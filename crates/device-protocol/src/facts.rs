use crate::{
    DecodeError, EncodeError, MAX_FACT_BYTES, NetworkKind, Problem, fields,
    read::Reader,
    write::{unzigzag, zigzag},
};
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;

/// What a device tells about itself: all of it when it connects, and later what has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Version of its system, in the vendor's form `<hash> - release-<major>.<minor> - <date> - <channel>`.
    pub os_version: Option<String>,
    /// `imp001` to `imp006`, and the like.
    pub imp_type: Option<String>,
    /// MAC address.
    pub mac_address: Option<[u8; 6]>,
    /// Free memory.
    pub free_memory_bytes: Option<u32>,
    /// Signal strength; 0 where there is none.
    pub rssi_dbm: Option<i32>,
    /// How much of program storage the program takes, in hundredths of a percent; above 10000 it does not fit.
    pub storage_used: Option<u32>,
    /// How it is connected.
    pub network: Option<NetworkKind>,
    /// Name of the Wi-Fi or cellular network.
    pub network_name: Option<Vec<u8>>,
    /// Its address on its own network.
    pub local_address: Option<IpAddr>,
}

impl Facts {
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Self {
            os_version,
            imp_type,
            mac_address,
            free_memory_bytes,
            rssi_dbm,
            storage_used,
            network,
            network_name,
            local_address,
        } = self;
        if let Some(version) = os_version {
            fields::text(out, 0x80, "version of the system", version.as_bytes(), MAX_FACT_BYTES)?;
        }
        if let Some(imp_type) = imp_type {
            fields::text(out, 0x81, "imp type", imp_type.as_bytes(), MAX_FACT_BYTES)?;
        }
        if let Some(address) = mac_address {
            fields::bytes(out, 0x82, address);
        }
        if let Some(bytes) = free_memory_bytes {
            fields::varint(out, 0x83, *bytes);
        }
        if let Some(dbm) = rssi_dbm {
            fields::varint(out, 0x84, zigzag(*dbm));
        }
        if let Some(used) = storage_used {
            fields::varint(out, 0x85, *used);
        }
        if let Some(kind) = network {
            fields::bytes(out, 0x86, &[kind.0]);
        }
        if let Some(name) = network_name {
            fields::text(out, 0x87, "name of the network", name, MAX_FACT_BYTES)?;
        }
        match local_address {
            Some(IpAddr::V4(address)) => fields::bytes(out, 0x88, &address.octets()),
            Some(IpAddr::V6(address)) => fields::bytes(out, 0x88, &address.octets()),
            None => {}
        }
        Ok(())
    }

    /// Reads one field, if it is one of these.
    pub(crate) fn take(&mut self, id: u8, content: &mut Reader<'_>) -> Result<bool, DecodeError> {
        match id {
            0x80 => self.os_version = Some(content.rest_as_text(MAX_FACT_BYTES)?),
            0x81 => self.imp_type = Some(content.rest_as_text(MAX_FACT_BYTES)?),
            0x82 => self.mac_address = Some(content.array()?),
            0x83 => self.free_memory_bytes = Some(content.varint()?),
            0x84 => self.rssi_dbm = Some(unzigzag(content.varint()?)),
            0x85 => self.storage_used = Some(content.varint()?),
            0x86 => self.network = Some(NetworkKind(content.u8()?)),
            0x87 => {
                if content.left() > MAX_FACT_BYTES {
                    return content.fail(Problem::TooLong(MAX_FACT_BYTES));
                }
                self.network_name = Some(content.take(content.left())?.into());
            }
            0x88 if content.left() == 4 => self.local_address = Some(content.array::<4>()?.into()),
            0x88 => self.local_address = Some(content.array::<16>()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
