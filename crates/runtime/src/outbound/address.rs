//! Which addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not public: first address and length of the prefix.
///
/// # Source
/// IANA IPv4 Special-Purpose Address Registry, and multicast; Azure's documentation of its one address.
const NOT_PUBLIC_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10), // shared by a provider's customers
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),   // link-local, and clouds' metadata
    ([168, 63, 129, 16], 32), // what Azure tells its machines, which has no address of its own elsewhere
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),   // documentation
    ([192, 88, 99, 0], 24), // relays for 6to4
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, broadcast
];

/// IPv6 networks within 2000::/3 that are not public; outside of that only NAT64 is.
///
/// # Source
/// IANA IPv6 Special-Purpose Address Registry.
const NOT_PUBLIC_V6: [([u16; 2], u32); 3] = [
    ([0x2001, 0], 23),      // protocols: Teredo, benchmarks, ORCHID
    ([0x2001, 0x0db8], 32), // documentation
    ([0x3fff, 0], 20),      // documentation
];

/// Says whether an address is one of the public internet.
///
/// An address that holds an IPv4 one is public if that is: mapped, NAT64 (64:ff9b::/96), 6to4 (2002::/16).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let differs =
        |network: [u8; 4], length: u32| (address.to_bits() ^ u32::from_be_bytes(network)) >> (32 - length) != 0;
    NOT_PUBLIC_V4.iter().all(|(network, length)| differs(*network, *length))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let octets = address.octets();
    let ipv4_at = |index: usize| Ipv4Addr::new(octets[index], octets[index + 1], octets[index + 2], octets[index + 3]);
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => is_public_v4(ipv4_at(12)),
        [0x2002, ..] => is_public_v4(ipv4_at(2)),
        [first, ..] if first >> 13 != 1 => false,
        [first, second, ..] => {
            let bits = u32::from(first) << 16 | u32::from(second);
            let differs = |[first, second]: [u16; 2], length: u32| {
                (bits ^ (u32::from(first) << 16 | u32::from(second))) >> (32 - length) != 0
            };
            NOT_PUBLIC_V6.iter().all(|(network, length)| differs(*network, *length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for (addresses, expected) in [
            (
                "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
                 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 \
                 198.17.255.255 198.20.0.0 223.255.255.255 2000:: 2606:4700::1111 2a00:1450::1 2001:200:: \
                 3fff:1000:: ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1",
                true,
            ),
            (
                "168.63.129.16 0.0.0.0 0.1.2.3 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 \
                 169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 \
                 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 \
                 255.255.255.255",
                false,
            ),
            (
                ":: ::1 ::8.8.8.8 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 \
                 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2002:7f00:1::1 2002:c0a8:1::1 100::1 2001::1 \
                 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 3fff:fff:: 5f00::1 fc00::1 fd12:3456::1 \
                 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 4000::1 1fff::1",
                false,
            ),
        ] {
            for address in addresses.split_whitespace() {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
            }
        }
    }
}
