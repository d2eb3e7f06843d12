use crate::program::{World, path};
use impstead_testkit::backends;
use std::{os::unix::fs::PermissionsExt, process::Stdio};

#[tokio::test]
async fn data_move_between_databases_and_back() {
    let kinds = backends();
    for (from, to) in kinds.iter().flat_map(|from| kinds.iter().map(move |to| (*from, *to))) {
        let (old, new) = (World::new(from), World::new(to));
        let server = old.serve_with(&["--demo"]);
        let password = std::fs::read_to_string(old.data().join("demo-password")).unwrap();
        let demo = server.client().sign_in("demo", password.trim()).await;
        let lists = ["products", "devicegroups", "deployments", "devices", "login_keys"];
        let mut before = Vec::new();
        for list in &lists[..4] {
            before.push(demo.get(&format!("/v5/{list}")).await.is(200)["data"].clone());
        }
        let file = old.scratch("impstead.backup");
        let outcome = old.run_by_directory(&["backup", path(&file)]);
        assert!(outcome.ok().ends_with("server.key with it\n"), "{}", outcome.stdout);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        server.stop();

        let restored = new.run(&["restore", path(&file)]);
        assert!(restored.ok().starts_with("restored "), "{}", restored.stdout);
        let again = new.run(&["restore", path(&file)]);
        assert!(again.fails(1).contains("is not empty"), "{}", again.stderr);
        assert!(again.stderr.contains("name a new data directory"), "{}", again.stderr);

        let server = new.serve_with(&["--public-url", "http://impstead.test", "--agent-url", "http://agent.test"]);
        let demo = server.client().sign_in("demo", password.trim()).await;
        for (list, before) in lists[..4].iter().zip(&before) {
            let after = demo.get(&format!("/v5/{list}")).await.is(200)["data"].clone();
            assert_eq!(without_links(&after), without_links(before), "{list} from {from:?} to {to:?}");
        }
        server.stop();
    }
}

/// What the server learns of a device whose program runs, and when.
const LIVE: [&str; 8] = [
    "agent_running",
    "agent_state_changed_at",
    "device_online",
    "device_state_changed_at",
    "free_memory",
    "ip_address",
    "rssi",
    "swversion",
];

/// Removes what depends on where the server listens and when it started its agents and virtual imps.
fn without_links(value: &serde_json::Value) -> String {
    let mut value = value.clone();
    for item in value.as_array_mut().into_iter().flatten() {
        if let Some(attributes) = item["attributes"].as_object_mut() {
            attributes.retain(|name, _| !LIVE.contains(&name.as_str()));
        }
    }
    let text = value.to_string();
    let mut parts = text.split("http://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('/').map_or("", |(_, rest)| rest));
    }
    kept
}

#[test]
fn a_backup_goes_through_pipes_and_warns_of_a_missing_key() {
    let (old, new) = (World::new(backends()[0]), World::new(backends()[0]));
    old.create_account("ann", "correct horse");
    let (data, elsewhere) = (old.data(), new.data());
    let backup = crate::program::command(["backup", "-", "--data", path(&data)]).output().unwrap();
    assert!(backup.status.success() && !backup.stdout.is_empty());
    let mut restore =
        crate::program::command(["restore", "-", "--data", path(&elsewhere)]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut restore.stdin.take().unwrap(), &backup.stdout).unwrap();
    assert!(restore.wait_with_output().unwrap().status.success());
    let accounts = new.run(&["admin", "account", "list"]);
    assert!(accounts.ok().contains("ann@example.net"));

    // Half a backup restores nothing.
    let third = World::new(backends()[0]);
    let half = third.scratch("half");
    std::fs::write(&half, &backup.stdout[..backup.stdout.len() / 2]).unwrap();
    let outcome = third.run(&["restore", path(&half)]);
    assert!(outcome.fails(1).contains("nothing was restored"), "{}", outcome.stderr);
    std::fs::write(&half, &backup.stdout).unwrap();
    third.run(&["restore", path(&half)]).ok();
}

#[test]
fn a_backup_that_cannot_be_written_leaves_nothing_behind() {
    let world = World::new(backends()[0]);
    world.create_account("ann", "correct horse");
    let missing = world.scratch("missing/impstead.backup");
    let outcome = world.run(&["backup", path(&missing)]);
    assert!(outcome.fails(1).contains("cannot write"), "{}", outcome.stderr);
    // Over a directory: the partial file is written, and removed again.
    let directory = world.scratch("directory");
    std::fs::create_dir(&directory).unwrap();
    world.run(&["backup", path(&directory)]).fails(1);
    assert!(!world.scratch("directory.partial").exists());
}
