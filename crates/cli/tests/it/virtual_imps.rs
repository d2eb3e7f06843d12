//! `virtual-imp` against the real server, and against the vendor's.

use crate::service::{not_found, service};
use crate::world::World;
use impstead_cli::Exit;
use impstead_testkit::{PASSWORD, TestServer};
use tokio::task;

#[tokio::test(flavor = "multi_thread")]
async fn created_listed_stopped_started_and_deleted() {
    let server = TestServer::on_sqlite().await;
    let grower = server.signed_in("grower").await;
    let url = server.url();
    let run = move || {
        let mut world = World::new(|_| not_found());
        world.stdin = PASSWORD.into();
        let login = ["login", "--endpoint", &url, "--user", "grower", "--password-stdin"];
        assert_eq!(world.execute(&login).0, Exit::Ok);
        let ok = |arguments: &[&str]| {
            let (exit, stdout, stderr) = world.execute(&[&["virtual-imp"], arguments].concat());
            assert_eq!(exit, Exit::Ok, "{stderr}");
            stdout
        };
        let created = ok(&["create", "--name", "Bed 7", "--imp-type", "imp003"]);
        let id = created.split_whitespace().nth(4).unwrap().trim_end_matches(',').to_owned();
        assert_eq!(created, format!("Created the virtual imp {id}, which is started.\n"));
        assert_eq!(ok(&["stop", "Bed 7"]), format!("Stopped the virtual imp {id}.\n"));
        let listed = ok(&["list"]);
        assert!(listed.contains("imp003") && listed.contains("stopped") && listed.contains("Bed 7"), "{listed}");
        assert_eq!(ok(&["start", &id]), format!("Started the virtual imp {id}.\n"));
        assert_eq!(ok(&["delete", &id]), format!("Deleted the virtual imp {id}.\n"));
        let (exit, _, stderr) = world.execute(&["virtual-imp", "start", &id]);
        assert!(exit == Exit::Failure && stderr.contains(&id), "{stderr}");
    };
    task::spawn_blocking(run).await.unwrap();
    assert_eq!(grower.get("/v5/devices").await.is(200)["data"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn put_on_boards_set_and_shown() {
    let server = TestServer::on_sqlite().await;
    server.signed_in("grower").await;
    let url = server.url();
    let run = move || {
        let mut world = World::new(|_| not_found());
        world.stdin = PASSWORD.into();
        let login = ["login", "--endpoint", &url, "--user", "grower", "--password-stdin"];
        assert_eq!(world.execute(&login).0, Exit::Ok);
        let runs = |exit: Exit, arguments: &[&str]| {
            let (ended, stdout, stderr) = world.execute(&[&["virtual-imp"], arguments].concat());
            assert_eq!(ended, exit, "{stderr}");
            if exit == Exit::Ok { stdout } else { stderr }
        };
        runs(Exit::Ok, &["create", "--name", "Door", "--board", "button-led"]);
        assert!(runs(Exit::Failure, &["create", "--board", "nothing.toml"]).contains("cannot read nothing.toml"));
        assert!(runs(Exit::Failure, &["create", "--board", "nothing"]).contains("`bare`, `environment`"));
        runs(Exit::Ok, &["set", "Door", "pin1=1", "pin5=1.65V"]);
        assert!(runs(Exit::Failure, &["set", "Door", "temperature=31.5"]).contains("There is no `temperature`"));
        assert!(runs(Exit::Failure, &["set", "Door", "pin1"]).contains("Write NAME=VALUE"));
        let id: String = runs(Exit::Ok, &["show", "Door"]).chars().take(16).collect();
        let shown = runs(Exit::Ok, &["show", "Door"]);
        let expected = format!("{id} Door: imp001, started, board: button-led\nset   pin1=1\nset   pin5=1.65V\n");
        assert_eq!(shown, expected);
        runs(Exit::Ok, &["board", "Door", "modbus"]);
        let shown = runs(Exit::Ok, &["show", "Door"]);
        assert!(shown.contains(" Door: imp005, started, board: modbus\n") && !shown.contains("set "), "{shown}");
    };
    task::spawn_blocking(run).await.unwrap();
}

#[test]
fn elsewhere_there_are_none() {
    let world = World::signed_in(service);
    let (exit, _, stderr) = world.execute(&["virtual-imp", "list"]);
    assert_eq!(exit, Exit::Failure);
    assert!(stderr.contains("this service has no virtual imps"), "{stderr}");
}
