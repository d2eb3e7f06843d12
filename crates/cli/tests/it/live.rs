//! `log` against the real server.

use crate::service::not_found;
use crate::world::{Buffer, World};
use impstead_cli::Exit;
use impstead_testkit::{PASSWORD, TestServer};
use serde_json::json;
use std::time::Duration;
use tokio::{
    select, task,
    time::{sleep, timeout},
};

/// A server with two devices in a group, and a command line that is signed in.
async fn stage() -> (TestServer, World, [String; 2]) {
    let server = TestServer::on_sqlite().await;
    let grower = server.signed_in("grower").await;
    let product = grower.product("Greenhouse").await;
    let group = grower.group("development_devicegroup", &product, "beds").await;
    let owner = server.store().account_by_name("grower").await.unwrap().unwrap().id;
    let mut devices = Vec::new();
    for name in ["bed-1", "bed-2"] {
        let id = server.add_device(&owner, "imp006").await.id.to_string();
        let named = json!({ "data": { "type": "device", "id": id, "attributes": { "name": name } } });
        grower.patch(&format!("/v5/devices/{id}"), named).await.is(200);
        let assigned = json!({ "data": [{ "type": "device", "id": id }] });
        grower.post(&format!("/v5/devicegroups/{group}/relationships/devices"), assigned).await.is(204);
        devices.push(id);
    }
    let url = server.url();
    let world = task::spawn_blocking(move || {
        let mut world = World::new(|_| not_found());
        world.stdin = PASSWORD.into();
        let login = ["login", "--endpoint", &url, "--user", "grower", "--password-stdin"];
        let (exit, _, stderr) = world.execute(&login);
        assert_eq!(exit, Exit::Ok, "{stderr}");
        world
    });
    (server, world.await.unwrap(), devices.try_into().unwrap())
}

/// Logs a line again and again, until it was shown.
async fn say(server: &TestServer, device: &str, message: &str, stdout: &Buffer) {
    let id = server.store().device(device).await.unwrap().unwrap().id;
    let said = async {
        while !stdout.text().contains(message) {
            server.log(&id, message).await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(60), said).await.unwrap_or_else(|_| panic!("{message} is not shown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_when_the_server_restarts() {
    for arguments in [&["log", "--group", "beds", "--json"][..], &["log", "--device", "bed-1", "bed-2", "--json"]] {
        let (mut server, world, [first, second]) = stage().await;
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let test = async {
            say(&server, &first, "first before", &stdout).await;
            say(&server, &second, "second before", &stdout).await;
            server.restart().await;
            say(&server, &first, "first after", &stdout).await;
            say(&server, &second, "second after", &stdout).await;
        };
        select! {
            exit = world.follow(arguments, &stdout, &stderr) => panic!("ended with {exit:?}: {}", stderr.text()),
            () = test => {}
        }
        let (lines, notes) = (stdout.text(), stderr.text());
        let (gap, after) = (lines.find("{\"gap\":").expect("a gap is told"), lines.find("first after").unwrap());
        assert!(lines.rfind("before").unwrap() < gap && gap < after, "{lines}");
        assert!(notes.contains("Connection lost") && notes.contains("may be missing"), "{notes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_of_the_whole_group() {
    let (server, world, [first, second]) = stage().await;
    for n in 0..60 {
        for device in [&first, &second] {
            let id = server.store().device(device).await.unwrap().unwrap().id;
            server.clock().advance_ms(1);
            server.log(&id, &format!("line {n}")).await;
        }
    }
    let shown = task::spawn_blocking(move || {
        world.execute(&["log", "--group", "beds", "--history", "--json", "--limit", "110", "--grep", "line"])
    });
    let (exit, stdout, stderr) = shown.await.unwrap();
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines.len(), 110);
    assert!(lines[0].contains("line 5\"") && lines[109].contains("line 59\""), "{stdout}");
    drop(server);
}
