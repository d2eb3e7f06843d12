use crate::program::{Server, World, on_each};
use serde_json::Value;
use std::process::Command;

/// Reads what `--demo` prints, up to its last line.
fn printed(server: &Server) -> Vec<String> {
    let mut lines = vec![server.line()];
    while !lines.last().unwrap().contains("impstead login") {
        lines.push(server.line());
    }
    lines
}

#[tokio::test]
async fn the_demo_is_made_once_and_its_lines_work_when_pasted() {
    on_each(async |world: World| {
        let mut counts: Vec<Vec<usize>> = Vec::new();
        for start in 0..3 {
            let server = world.serve_with(&["--demo"]);
            let lines = printed(&server);
            let password = std::fs::read_to_string(world.data().join("demo-password")).unwrap();
            let password = password.trim();
            assert_eq!(lines[0].contains(password), start == 0, "the password is printed once: {lines:?}");

            let curl = lines.iter().find(|line| line.contains("curl")).unwrap();
            let output = Command::new("sh").args(["-c", curl.trim()]).output().expect("there is a shell");
            let answer: Value = serde_json::from_slice(&output.stdout).expect("curl prints the answer");
            assert!(answer["access_token"].is_string(), "{curl}\n{answer}");
            assert!(lines.iter().any(|line| line.contains(&format!("http://{}/docs", server.address))), "{lines:?}");
            assert_eq!(server.client().get("/docs").await.status, 200);

            let demo = server.client().sign_in("demo", password).await;
            let mut count = Vec::new();
            for list in ["products", "devicegroups", "deployments", "devices"] {
                count.push(demo.get(&format!("/v5/{list}")).await.is(200)["data"].as_array().unwrap().len());
            }
            counts.push(count);
            if start == 1 {
                // What the user deletes stays deleted.
                let deployments = demo.get("/v5/devices").await;
                let unassigned = deployments.json["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|device| device["relationships"]["devicegroup"].is_null());
                let id = unassigned.expect("one device is unassigned")["id"].as_str().unwrap().to_owned();
                assert_eq!(demo.delete(&format!("/v5/devices/{id}")).await.status, 204);
            }
            server.stop();
        }
        assert_eq!(counts[0], [1, 7, 4, 2]);
        assert_eq!(counts[1], counts[0]);
        assert_eq!(counts[2], [1, 7, 4, 1]);
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_first_start_is_made_good() {
    on_each(async |world: World| {
        let server = world.serve_with(&["--demo"]);
        let password = std::fs::read_to_string(world.data().join("demo-password")).unwrap();
        let demo = server.client().sign_in("demo", password.trim()).await;
        let devices = demo.get("/v5/devices").await;
        for device in devices.json["data"].as_array().unwrap() {
            let id = device["id"].as_str().unwrap();
            if device["relationships"]["devicegroup"].is_null() {
                assert_eq!(demo.delete(&format!("/v5/devices/{id}")).await.status, 204);
            }
        }
        server.stop();
        // As after a crash before the second device was added.
        let file = world.data().join("demo-password");
        std::fs::rename(&file, world.data().join("demo-password.unfinished")).unwrap();
        let server = world.serve_with(&["--demo"]);
        let demo = server.client().sign_in("demo", password.trim()).await;
        assert_eq!(demo.get("/v5/devices").await.is(200)["data"].as_array().unwrap().len(), 2);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), password);
        server.stop();
    })
    .await;
}

#[test]
fn somebody_elses_account_of_that_name_is_left_alone() {
    let world = World::new(impstead_testkit::Backend::Sqlite);
    world.create_account("demo", "correct horse");
    let server = world.serve_with(&["--demo"]);
    assert!(server.line().contains("was not made by --demo"));
    assert!(!world.data().join("demo-password").exists());
    server.stop();
}
