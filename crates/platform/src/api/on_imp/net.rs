//! `imp.net`: how the imp is connected.

use squirrel::{Call, Fault, Flow, Function, Heap, Member, Value};

use super::imp_state;
use crate::api::{set, set_text};
use crate::host::host;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("info", info, 1, "").documented(
        "info() -> table",
        "Returns `interface`, an array of tables, and while connected `active`, the place of the one in use, and `ipv4`.",
    )),
    Member::Function(
        Function::new("getcellinfo", cell_info, 1, "")
            .documented("getcellinfo() -> string", "Returns what is known of the cellular network: nothing."),
    ),
];

/// The networks in sight: the one that the imp uses.
pub(super) fn networks(call: &mut Call<'_>) -> Result<Value, Fault> {
    let imp = imp_state(call)?;
    let (network, rssi) = (imp.facts.network.clone(), imp.rssi());
    let table = call.heap.table(0)?;
    set_text(call.heap, table, "ssid", &network.ssid)?;
    set_text(call.heap, table, "bssid", &network.bssid)?;
    set(call.heap, table, "channel", Value::integer(network.channel))?;
    set(call.heap, table, "rssi", Value::integer(rssi))?;
    set(call.heap, table, "open", Value::bool(false))?;
    call.heap.array(vec![table])
}

/// A network interface, as a program sees it.
struct Interface {
    kind: &'static str,
    /// Names and texts that it always has.
    always: Vec<(&'static str, String)>,
    /// Those that it has while connected.
    connected: Vec<(&'static str, String)>,
    channel: Option<i32>,
}

/// The interfaces of the imp, the one in use first.
fn interfaces(call: &mut Call<'_>) -> Result<Vec<Interface>, Fault> {
    let imp = imp_state(call)?;
    let (mac_address, network) = (imp.facts.mac_address.clone(), imp.facts.network.clone());
    let board = imp.peripherals.as_deref().map(|peripherals| peripherals.hardware.board().clone());
    let mac = ("macaddress", mac_address);
    let wifi = Interface {
        kind: "wifi",
        always: vec![("ssid", network.ssid.clone()), mac.clone()],
        connected: vec![("connectedssid", network.ssid), ("bssid", network.bssid)],
        channel: Some(network.channel),
    };
    let Some(board) = board else { return Ok(vec![wifi]) };
    let ethernet = Interface { kind: "ethernet", always: vec![mac], connected: Vec::new(), channel: None };
    let cellular = board.cellular.as_ref().map(|cellular| Interface {
        kind: "cell",
        always: vec![("imei", cellular.imei.clone())],
        connected: vec![("carrier", cellular.operator.clone())],
        channel: None,
    });
    let wifi = board.wifi.is_some().then_some(wifi);
    Ok(wifi.into_iter().chain(board.has_ethernet.then_some(ethernet)).chain(cellular).collect())
}

fn info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let online = host(call)?.surroundings.is_connected;
    let interfaces = interfaces(call)?;
    let imp = imp_state(call)?;
    let (rssi, address) = (imp.rssi(), imp.facts.network.address.clone());
    let heap = &mut *call.heap;
    let list = heap.array(Vec::new())?;
    for (place, interface) in interfaces.into_iter().enumerate() {
        let table = heap.table(0)?;
        set_text(heap, table, "type", interface.kind)?;
        for (name, text) in interface.always {
            set_text(heap, table, name, &text)?;
        }
        if online && place == 0 {
            for (name, text) in interface.connected {
                set_text(heap, table, name, &text)?;
            }
            if let Some(channel) = interface.channel {
                set(heap, table, "channel", Value::integer(channel))?;
            }
            if interface.kind != "ethernet" {
                set(heap, table, "rssi", Value::integer(rssi))?;
            }
        }
        heap.push(list, table)?;
    }
    let info = heap.table(0)?;
    set(heap, info, "interface", list)?;
    if online {
        set(heap, info, "active", Value::integer(0))?;
        let ipv4 = ipv4(heap, &address)?;
        set(heap, info, "ipv4", ipv4)?;
    }
    Ok(Flow::Return(info))
}

/// What a router says of the network, so far as an address tells.
fn ipv4(heap: &mut Heap, address: &str) -> Result<Value, Fault> {
    let prefix = address.rsplit_once('.').map_or("192.168.1", |(prefix, _)| prefix);
    let router = format!("{prefix}.1");
    let ipv4 = heap.table(0)?;
    set_text(heap, ipv4, "address", address)?;
    set_text(heap, ipv4, "netmask", "255.255.255.0")?;
    set_text(heap, ipv4, "gateway", &router)?;
    set_text(heap, ipv4, "broadcast", &format!("{prefix}.255"))?;
    set_text(heap, ipv4, "dhcpserver", &router)?;
    let server = heap.string(router.as_bytes())?;
    let servers = heap.array(vec![server])?;
    set(heap, ipv4, "dnsserver", servers)?;
    Ok(ipv4)
}

fn cell_info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(b"").map(Flow::Return)
}
