//! `impstead imp`, and `serve --virtual-imps`.

use crate::program::{World, command, path, run};
use impstead_testkit::Backend;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

fn write(file: &Path, text: &str, mode: u32) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let world = World::new(Backend::Sqlite);
    let file = world.scratch("imp.json");
    let line = format!("{{\"id\":\"50000c2a69000001\",\"secret\":\"{}\"}}\n", "0f".repeat(32));
    let server = "http://127.0.0.1:1";
    let fails = |arguments: &[&str], expected: &str| {
        let stderr = run(&[&["imp"], arguments].concat(), "").fails(1).to_owned();
        assert!(stderr.contains(expected), "{stderr}");
    };
    let ids = ["--server", server, "--ids", path(&file)];
    fails(&ids, "cannot read");
    write(&file, &line, 0o644);
    fails(&ids, "chmod 600");
    write(&file, "nonsense\n", 0o600);
    fails(&ids, "line 1 of");
    write(&file, "\n", 0o600);
    fails(&ids, "has no imps");
    write(&file, &line, 0o600);
    fails(&[&ids[..], &["--count", "2"]].concat(), "has 1 imps, not 2");
    fails(&["--server", "imp.example.com", "--ids", path(&file)], "is no server's URL");
    fails(&[&ids[..], &["--board", "nothing"]].concat(), "cannot read the board nothing");
    let board = world.scratch("board.toml");
    write(&board, "imp = \"imp009\"\n", 0o600);
    fails(&[&ids[..], &["--board", path(&board)]].concat(), "has a mistake: line 1");
    let one = ["--server", server, "--secret-file", path(&file), "--id"];
    fails(&[&one[..], &["50000c2a69000002"]].concat(), "has the secret of 50000c2a69000001");
    fails(&[&one[..], &["50000c2a6900000"]].concat(), "has the secret of 50000c2a69000001");
    write(&file, "too short\n", 0o600);
    fails(&[&one[..], &["50000c2a69000001"]].concat(), "has no secret");
    run(&["imp", "--server", server], "").fails(2);
}

#[test]
fn a_wrong_secret_ends_it_and_a_right_one_does_not() {
    let world = World::new(Backend::Sqlite);
    world.create_account("ann", "correct horse");
    let added = world.run(&["device", "add", "--owner", "ann"]).ok().to_owned();
    let id = added.split('"').nth(3).unwrap().to_owned();
    let server = world.serve();
    let url = format!("http://{}", server.address);
    let file = world.scratch("secret");
    write(&file, &"0f".repeat(32), 0o600);
    let one = ["imp", "--server", &url, "--id", &id, "--secret-file", path(&file)];
    let stderr = run(&one, "").fails(1).to_owned();
    assert!(stderr.contains("does not know the device") && stderr.contains("impstead device add"), "{stderr}");
    write(&file, &added, 0o600);
    let mut imp = command(one).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(imp.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert_eq!(said, format!("{id} connected\n"));
    let pid = imp.id().to_string();
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
    assert_eq!(imp.wait().unwrap().code(), Some(0));
    server.stop();
}

#[tokio::test]
async fn the_demo_has_as_many_virtual_imps_as_asked_for() {
    let world = World::new(Backend::Sqlite);
    for (asked, expected) in [("0", 1), ("3", 3), ("2", 3)] {
        let server = world.serve_with(&["--demo", "--virtual-imps", asked]);
        let password = fs::read_to_string(world.data().join("demo-password")).unwrap();
        let demo = server.client().sign_in("demo", password.trim()).await;
        let imps = demo.get("/impstead/v1/virtual_imps").await.is(200)["data"].as_array().unwrap().len();
        assert_eq!(imps, expected, "--virtual-imps {asked}");
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let devices = demo.get("/v5/devices").await.json;
            let online = |device: &&serde_json::Value| device["attributes"]["device_online"] == true;
            if devices["data"].as_array().unwrap().iter().filter(online).count() == expected {
                break;
            }
            assert!(Instant::now() < until, "{devices:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.stop();
    }
}
