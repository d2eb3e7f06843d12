use crate::scripted::Reply;
use crate::service::{deployment, one, service};
use crate::world::World;
use insta::assert_snapshot;
use serde_json::json;

const DEVICE: &str = "function f() {\n\tlocal = 1;\n}\n";

fn deploy(world: &World, more: &[&str]) -> String {
    let (device, agent) = (world.write("device.nut", DEVICE), world.write("agent.nut", "server.log(1)\r\n"));
    world.run(&[&["deploy", "--device", &device, "--agent", &agent], more].concat())
}

#[test]
fn uploads_code() {
    let world = World::signed_in(service);
    assert_snapshot!("deploy", deploy(&world, &["--group", "g1", "--message", "nightly", "--tag", "a", "--tag", "b"]));
    assert_snapshot!("deploy_body", world.server.requests().pop().unwrap().body);
    assert_snapshot!("deploy_json", deploy(&world, &["--group", "beds", "--product", "Greenhouse", "--json"]));
    assert_snapshot!("deploy_restart", deploy(&world, &["--group", "g1", "--restart"]));
    assert_eq!(world.server.lines().pop().unwrap(), "POST /v5/devicegroups/g1/restart");
}

#[test]
fn shows_where_code_does_not_compile() {
    let world = World::signed_in(|request| match request.line().as_str() {
        "POST /v5/deployments" => {
            let place = |file, row, column, text| {
                json!({ "file": file, "row": row, "column": column, "type": "error",
                "text": text })
            };
            let error = |meta| {
                json!({ "id": "e", "status": "400", "code": "CX005", "title": "Compilation Error",
                "detail": "Code failed to compile.", "meta": [meta] })
            };
            let errors = [
                error(place("device_code", 2, 9, "expected 'IDENTIFIER'")),
                error(place("agent_code", 1, 14, "end of statement expected")),
            ];
            Reply::new(400, json!({ "errors": errors }).to_string())
        }
        _ => service(request),
    });
    assert_snapshot!("deploy_compile_errors", deploy(&world, &["--group", "g1"]));
    assert_snapshot!("deploy_compile_errors_colour", deploy(&world.on_terminal(80), &["--group", "g1"]));
}

#[test]
fn shows_warnings() {
    let world = World::signed_in(|request| match request.line().as_str() {
        "POST /v5/deployments" => {
            let mut data = deployment("c3", None, &[], false);
            data["meta"] =
                json!([{ "status": "200", "code": "WA001", "title": "Library Outdated", "detail": "Use 2.0." }]);
            one(data)
        }
        _ => service(request),
    });
    assert_snapshot!("deploy_warnings", deploy(&world, &["--group", "g1"]));
}

#[test]
fn files_that_cannot_be_deployed() {
    let world = World::signed_in(service);
    let agent = world.write("agent.nut", "");
    let missing = world.directory.path().join("none.nut").display().to_string();
    assert_snapshot!(
        "deploy_no_file",
        world.run(&["deploy", "--group", "g1", "--device", &missing, "--agent", &agent])
    );
    let binary = world.write("device.bin", b"ab\xff");
    assert_snapshot!(
        "deploy_binary_file",
        world.run(&["deploy", "--group", "g1", "--device", &binary, "--agent", &agent])
    );
    assert_snapshot!("deploy_half", world.run(&["deploy", "--group", "g1", "--agent", &agent]));
    assert!(!world.server.lines().iter().any(|line| line.contains("deployments")));
}

#[test]
fn restart_that_fails() {
    let world = World::signed_in(|request| match request.line().as_str() {
        "POST /v5/devicegroups/g1/restart" => Reply::error(403, "PX102", "Invalid Permission", "Not yours to restart."),
        _ => service(request),
    });
    assert_snapshot!("deploy_restart_fails", deploy(&world, &["--group", "g1", "--restart"]));
}

#[test]
fn list() {
    let world = World::signed_in(service);
    assert_snapshot!("deployment_list", world.run(&["deployment", "list"]));
    assert_snapshot!("deployment_list_empty", world.run(&["deployment", "list", "--group", "line"]));
    world.run(&[
        "deployment",
        "list",
        "--product",
        "Greenhouse",
        "--sha",
        "a5",
        "--tag",
        "x",
        "--tag",
        "y",
        "--flagged",
    ]);
    assert_snapshot!("deployment_list_filters", world.server.lines().pop().unwrap());
}
