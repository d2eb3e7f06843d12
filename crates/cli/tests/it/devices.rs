use crate::scripted::Reply;
use crate::service::{not_found, service};
use crate::world::World;
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn list() {
    let world = World::signed_in(service);
    assert_snapshot!("device_list", world.run(&["device", "list"]));
    assert_snapshot!("device_list_unassigned", world.run(&["device", "list", "--unassigned"]));
    assert_snapshot!("device_list_json", world.run(&["device", "list", "--unassigned", "--json"]));
    assert_snapshot!("device_list_contradiction", world.run(&["device", "list", "--unassigned", "--group", "g1"]));
    assert_snapshot!("device_list_of_group", world.run(&["device", "list", "--group", "line"]));
}

#[test]
fn list_without_the_names_of_groups() {
    let world = World::signed_in(|request| match request.target.split('?').next() {
        Some("/v5/devicegroups") => Reply::error(403, "PX102", "Invalid Permission", ""),
        _ => service(request),
    });
    assert_snapshot!("device_list_group_ids", world.run(&["device", "list"]));
}

#[test]
fn assign() {
    let world = World::signed_in(service);
    assert_snapshot!("device_assign", world.run(&["device", "assign", "bed-7", "--group", "line"]));
    assert_snapshot!("device_assign_body", world.server.requests().pop().unwrap().body);
    assert_snapshot!(
        "device_assign_two",
        world.run(&["device", "assign", "aB3_xY9-zQ1k", "20000c2a69abcd00", "--group", "g1"])
    );
    assert_snapshot!("device_assign_json", world.run(&["device", "assign", "bed-7", "--group", "g1", "--json"]));
    assert_snapshot!("device_assign_ambiguous", world.run(&["device", "assign", "spare", "--group", "g1"]));
    assert_snapshot!("device_assign_unknown", world.run(&["device", "assign", "bed-8", "--group", "g1"]));
    assert_snapshot!("device_assign_no_device", world.run(&["device", "assign", "--group", "g1"]));
}

#[test]
fn restart() {
    let world = World::signed_in(service);
    assert_snapshot!("device_restart", world.run(&["device", "restart", "bed-7"]));
    assert_eq!(world.server.lines().pop().unwrap(), "POST /v5/devices/20000c2a69abcdef/restart");
    assert_snapshot!("device_restart_conditional", world.run(&["device", "restart", "bed-7", "--conditional"]));
    assert_eq!(world.server.lines().pop().unwrap(), "POST /v5/devices/20000c2a69abcdef/conditional_restart");
    assert_snapshot!("device_restart_json", world.run(&["device", "restart", "bed-7", "--json"]));
    assert_snapshot!("device_restart_unassigned", world.run(&["device", "restart", "20000c2a69abcd00"]));
    assert_snapshot!("device_restart_unknown", world.run(&["device", "restart", "bed-8"]));
}

#[test]
fn assign_in_part() {
    let world = World::signed_in(|request| match request.line().as_str() {
        "POST /v5/devicegroups/g1/relationships/devices" => {
            let error = json!({ "id": "e", "status": "409", "code": "CX009", "title": "Device In Use",
                "detail": "Blessed devices cannot move.", "source": { "pointer": "/data/0" },
                "meta": { "device_id": "20000c2a69abcdef" } });
            Reply::new(400, json!({ "errors": [error] }).to_string())
        }
        "GET /v5/devices/bed-7" => not_found(),
        _ => service(request),
    });
    assert_snapshot!(
        "device_assign_in_part",
        world.run(&["device", "assign", "bed-7", "20000c2a69abcd00", "--group", "g1"])
    );
}
