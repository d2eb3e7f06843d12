use crate::program::{Outcome, World, on_each, path};
use impstead_testkit::Backend;
use serde_json::{Value, json};
use std::{collections::BTreeSet, os::unix::fs::PermissionsExt};

fn rows(outcome: &Outcome) -> Vec<Value> {
    outcome.ok().lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

#[tokio::test]
async fn commands_do_the_same_with_and_without_a_server() {
    on_each(async |world: World| {
        world.create_account("ann", "correct horse");
        let server = world.serve();
        world.create_account("bob", "battery staple");
        // Those who ask a running server need not know its database.
        let added = rows(&world.run_by_directory(&["device", "add", "--owner", "BOB", "--count", "3"]));
        assert_eq!(added.len(), 3);
        let bob = server.client().sign_in("bob", "battery staple").await;
        assert_eq!(bob.get("/v5/devices").await.is(200)["data"].as_array().unwrap().len(), 3);
        server.client().sign_in("ann@example.net", "correct horse").await;

        let running = world.run_by_directory(&["admin", "account", "list", "--json"]);
        server.stop();
        let stopped = world.run(&["admin", "account", "list", "--json"]);
        assert_eq!(running.ok(), stopped.ok());
        let names: Vec<_> = rows(&stopped).iter().map(|row| row["username"].clone()).collect();
        assert_eq!(names, ["ann", "bob"]);
        assert_eq!(rows(&stopped)[1]["holds"]["devices"], 3);

        let more = rows(&world.run(&["device", "add", "--owner", "bob", "--imp-type", "imp003"]));
        for device in added.iter().chain(&more) {
            let text = |name: &str| device[name].as_str().unwrap();
            assert_eq!(device.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "mac_address", "secret"]);
            assert_eq!((text("id").len(), text("mac_address").len(), text("secret").len()), (16, 17, 64));
        }
        let secrets: BTreeSet<_> = added.iter().map(|device| device["secret"].as_str().unwrap()).collect();
        assert_eq!(secrets.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_device_is_enrolled_with_and_without_a_server() {
    on_each(async |world: World| {
        world.create_account("ann", "correct horse");
        let device = rows(&world.run(&["device", "add", "--owner", "ann"])).remove(0);
        let id = device["id"].as_str().unwrap();
        let enrolled = rows(&world.run(&["device", "enrol", id, "--plan", "first"]));
        let unassigned = json!({ "agent_id": null, "devicegroup_id": null });
        let expected = |plan: &str, place: &Value| {
            json!({ "id": id, "mac_address": device["mac_address"], "plan_id": plan,
                    "agent_id": place["agent_id"], "devicegroup_id": place["devicegroup_id"] })
        };
        assert_eq!(enrolled, [expected("first", &unassigned)]);

        let server = world.serve();
        let mac = device["mac_address"].as_str().unwrap();
        let arguments = ["device", "enroll", mac, "--plan", "second", "--token", "t"];
        assert_eq!(rows(&world.run_by_directory(&arguments)), [expected("second", &unassigned)]);
        let ann = server.client().sign_in("ann", "correct horse").await;
        let shown = ann.get(&format!("/v5/devices/{id}")).await.is(200)["data"]["attributes"].clone();
        assert_eq!(shown["plan_id"], "second");
        let history = ann.get(&format!("/v5/devices/{id}/history")).await.is(200).to_string();
        assert_eq!(history.matches("enrolled").count(), 3, "adding a device is an enrolment, too: {history}");

        let refused = |arguments: &[&str], why: &str| {
            let outcome = world.run_by_directory(arguments);
            assert!(!outcome.stderr.is_empty() && outcome.stderr.contains(why), "{}", outcome.stderr);
        };
        refused(&["device", "enrol", "nobody", "--plan", "p"], "there is no device");
        refused(&["device", "enrol", id, "--plan", "p", "--fixture", id], "factory fixture group");
        refused(&["device", "enrol", id, "--plan", ""], "value is required");
    })
    .await;
}

#[tokio::test]
async fn the_operator_manages_accounts_while_the_server_runs() {
    on_each(async |world: World| {
        let server = world.serve();
        world.create_account("ann", "correct horse");
        let ann = server.client().sign_in("ann", "correct horse").await;
        let admin = |arguments: &[&str]| world.run_by_directory(&[&["admin", "account"], arguments].concat());

        admin(&["disable", "ann"]).ok();
        assert_eq!(ann.get("/v5/products").await.status, 401);
        assert!(admin(&["list"]).ok().contains("disabled"));
        admin(&["enable", "ann@example.net"]).ok();
        assert_eq!(ann.get("/v5/products").await.status, 200);

        let quota = rows(&admin(&["set-quota", "ann", "--products", "1"]));
        assert_eq!((&quota[0]["limits"]["products"], &quota[0]["limits"]["login_keys"]), (&json!(1), &json!(10)));
        ann.product("Greenhouse").await;
        let document = json!({ "data": { "type": "product", "attributes": { "name": "Barn" } } });
        assert_eq!(ann.post("/v5/products", document.clone()).await.status, 403);
        admin(&["set-quota", "ann", "--products", "default"]).ok();
        ann.post("/v5/products", document).await.is(201);

        admin(&["set-production", "ann", "off"]).ok();
        assert_eq!(rows(&admin(&["list", "--json"]))[0]["production"], false);

        let set = world.run_with(&["admin", "account", "set-password", "ann", "--password-stdin"], "new password\n");
        set.ok();
        assert_eq!(ann.get("/v5/products").await.status, 401, "its sessions have ended");
        server.client().sign_in("ann", "new password").await;
        let made = admin(&["set-password", "ann"]);
        let password = made.ok().lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
        server.client().sign_in("ann", password).await;

        assert!(admin(&["reset-totp", "ann"]).ok().contains("had no second factor"));
        world.run_by_directory(&["migrate"]).ok();
        server.stop();
    })
    .await;
}

#[test]
fn wrong_input_says_what_to_do() {
    let world = World::new(Backend::Sqlite);
    let create = |username: &str, email: &str, password: &str| {
        let arguments = ["account", "create", "--username", username, "--email", email, "--password-stdin"];
        world.run_with(&arguments, password)
    };
    let fails = |outcome: Outcome, what: &str| assert!(outcome.fails(1).contains(what), "{what}\n{}", outcome.stderr);
    fails(world.run(&["device", "add", "--owner", "ann"]), "there is no data directory");
    create("ann", "ann@example.net", "correct horse").ok();
    fails(create("a b", "b@example.net", "correct horse"), "cannot be a user name");
    fails(create("bob", "nobody", "correct horse"), "is not an e-mail address");
    fails(create("bob", "b@example.net", "short"), "choose one of 8 to 1024 bytes");
    fails(create("ANN", "b@example.net", "correct horse"), "has the user name ANN: choose another one");
    fails(create("bob", "Ann@example.net", "correct horse"), "has the e-mail address Ann@example.net");
    fails(world.run(&["device", "add", "--owner", "bob"]), "there is no account \"bob\"");
    fails(world.run(&["device", "add", "--owner", "ann", "--count", "0"]), "choose 1 to 1000000");
    fails(world.run(&["device", "add", "--owner", "ann", "--mac-address", "x"]), "is not a MAC address");
    let mac = ["device", "add", "--owner", "ann", "--mac-address", "0C2A69000001"];
    assert_eq!(rows(&world.run(&mac))[0]["mac_address"], "0c:2a:69:00:00:01");
    fails(world.run(&mac), "choose another one");
    world.run(&["admin", "account", "set-quota", "ann", "--devices", "3"]).ok();
    let many = world.run(&["device", "add", "--owner", "ann", "--count", "5"]);
    assert_eq!(many.stdout.lines().count(), 2, "what was added was printed");
    fails(many, "added 2 of 5 devices");
    assert_eq!(world.run(&["admin", "account", "set-quota", "ann"]).code, 2);
}

#[test]
fn one_server_at_a_time_uses_a_data_directory() {
    let world = World::new(Backend::Sqlite);
    let server = world.serve();
    let data = world.data();
    let second = crate::program::run(&["serve", "--listen", "127.0.0.1:0", "--data", path(&data)], "");
    assert!(second.fails(1).contains("is in use by process"), "{}", second.stderr);
    let restore = world.run(&["restore", "-"]);
    assert!(restore.fails(1).contains("is in use by process"), "{}", restore.stderr);
    server.stop();
    assert!(!data.join("admin.sock").exists());
    // A killed server leaves its socket and its lock file behind; neither is in the way.
    let mut server = world.serve();
    server.signal("-KILL");
    server.wait();
    assert!(data.join("admin.sock").exists());
    world.create_account("ann", "correct horse");
    world.serve().stop();
}

#[test]
fn files_are_for_their_owner_only() {
    let world = World::new(Backend::Sqlite);
    let server = world.serve_with(&["--demo"]);
    let data = world.data();
    let mode = |name: &str| data.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in ["server.key", "admin.sock", "lock", "demo-password", "impstead.db", "impstead.db-wal"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    server.stop();
}

#[test]
fn a_server_is_asked_about_its_own_database_only() {
    let world = World::new(Backend::Sqlite);
    let _server = world.serve();
    let data = world.data();
    let other = "postgres://imp:hunter2@127.0.0.1:1/other";
    let outcome = crate::program::run(&["migrate", "--data", path(&data), "--database", other], "");
    assert!(outcome.fails(1).contains("uses another database (sqlite)"), "{}", outcome.stderr);
}

#[test]
fn a_data_directory_may_have_a_long_path() {
    let world = World::new(Backend::Sqlite);
    let data = world.scratch(&"long".repeat(50));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", path(&data)];
    let server = crate::program::Server::start(&arguments);
    crate::program::run(&["migrate", "--data", path(&data)], "").ok();
    server.stop();
}
