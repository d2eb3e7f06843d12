//! `imp.net`: how the imp is connected.

use squirrel::{Call, Fault, Flow, Function, Heap, Member, Value};

use super::imp_state;
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

fn set(heap: &mut Heap, table: Value, name: &str, value: Value) -> Result<(), Fault> {
    let name = heap.string(name.as_bytes())?;
    heap.table_set(table, name, value, &mut 0)
}

fn set_text(heap: &mut Heap, table: Value, name: &str, text: &str) -> Result<(), Fault> {
    let text = heap.string(text.as_bytes())?;
    set(heap, table, name, text)
}

/// The networks in sight: the one that the imp uses.
pub(super) fn networks(call: &mut Call<'_>) -> Result<Value, Fault> {
    let network = imp_state(call)?.facts.network.clone();
    let table = call.heap.table(0)?;
    set_text(call.heap, table, "ssid", &network.ssid)?;
    set_text(call.heap, table, "bssid", &network.bssid)?;
    set(call.heap, table, "channel", Value::integer(network.channel))?;
    set(call.heap, table, "rssi", Value::integer(network.rssi))?;
    set(call.heap, table, "open", Value::bool(false))?;
    call.heap.array(vec![table])
}

fn info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let online = host(call)?.surroundings.is_connected;
    let facts = imp_state(call)?.facts.clone();
    let heap = &mut *call.heap;
    let interface = heap.table(0)?;
    set_text(heap, interface, "type", "wifi")?;
    set_text(heap, interface, "ssid", &facts.network.ssid)?;
    set_text(heap, interface, "macaddress", &facts.mac_address)?;
    let info = heap.table(0)?;
    let interfaces = heap.array(vec![interface])?;
    set(heap, info, "interface", interfaces)?;
    if online {
        set_text(heap, interface, "connectedssid", &facts.network.ssid)?;
        set_text(heap, interface, "bssid", &facts.network.bssid)?;
        set(heap, interface, "rssi", Value::integer(facts.network.rssi))?;
        set(heap, interface, "channel", Value::integer(facts.network.channel))?;
        set(heap, info, "active", Value::integer(0))?;
        let ipv4 = heap.table(0)?;
        let prefix = facts.network.address.rsplit_once('.').map_or("192.168.1", |(prefix, _)| prefix).to_owned();
        set_text(heap, ipv4, "address", &facts.network.address)?;
        set_text(heap, ipv4, "netmask", "255.255.255.0")?;
        set_text(heap, ipv4, "gateway", &format!("{prefix}.1"))?;
        set_text(heap, ipv4, "broadcast", &format!("{prefix}.255"))?;
        set_text(heap, ipv4, "dhcpserver", &format!("{prefix}.1"))?;
        let server = heap.string(format!("{prefix}.1").as_bytes())?;
        let servers = heap.array(vec![server])?;
        set(heap, ipv4, "dnsserver", servers)?;
        set(heap, info, "ipv4", ipv4)?;
    }
    Ok(Flow::Return(info))
}

fn cell_info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(b"").map(Flow::Return)
}
