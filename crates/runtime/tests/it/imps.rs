//! Virtual imps of the store, in the server, on the line, with their agents.

use crate::world::{PATIENCE, SERVER, World, act};
use impstead_device_protocol::DeviceSecret;
use impstead_model::{DeviceId, Entropy, SystemClock, SystemEntropy};
use impstead_runtime::Imps;
use impstead_store::{NewDevice, NewVirtualImp};
use std::sync::Arc;
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

/// Virtual imps that run, and agents.
struct Living {
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

impl Living {
    fn begin(world: &World) -> Living {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let clock = Arc::new(SystemClock);
        let imps = Imps::new(world.store.clone(), world.line.clone(), clock, entropy, SERVER.into(), 1);
        let stop = CancellationToken::new();
        let agents = world.agents.clone().run(Handle::current(), stop.clone());
        let tasks = [tokio::spawn(imps.run(Handle::current(), stop.clone())), tokio::spawn(agents)];
        Living { stop, tasks }
    }

    async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

async fn make(world: &World) -> DeviceId {
    let device = NewDevice {
        id: None,
        mac: None,
        owner: world.owner.clone(),
        imp_type: "imp006".into(),
        plan_id: None,
        public_key: DeviceSecret::from_seed(&[3; 32]).public_key(),
    };
    let new = NewVirtualImp { device, name: Some("Bed 7".into()), is_started: true };
    world.store.create_virtual_imp(new, act()).await.unwrap().device.id
}

/// Waits until a device's history ends with these lines.
async fn logged(world: &World, device: &DeviceId, expected: &[&str]) {
    let until = Instant::now() + PATIENCE;
    loop {
        let history = world.history_of(device).await;
        if history.ends_with(&expected.iter().map(|&line| line.to_owned()).collect::<Vec<_>>()) {
            return;
        }
        assert!(Instant::now() < until, "{history:#?}\ndoes not end with {expected:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn online(world: &World, device: &DeviceId, expected: bool) {
    let until = Instant::now() + PATIENCE;
    while world.store.device(device.as_str()).await.unwrap().unwrap().online != expected {
        assert!(Instant::now() < until, "it is online: {}", !expected);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_its_code_and_talks_with_its_agent() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let device = make(&world).await;
    let group = world.group("G").await;
    world.store.assign_device(&group.id, &device, act()).await.unwrap().unwrap();
    online(&world, &device, true).await;
    let echo = "device.on(\"ping\", @(n) device.send(\"pong\", n + 1));";
    let source = "agent.on(\"pong\", @(n) server.log(\"pong \" + n)); agent.send(\"ping\", __VARS.LIMIT);";
    world.deploy_both(&group, source, echo).await;
    logged(&world, &device, &["server.log pong 31"]).await;
    let history = world.history_of(&device).await;
    assert!(history.iter().any(|line| line.starts_with("status Downloading new code; ")), "{history:#?}");
    living.end().await;
    online(&world, &device, false).await;
    // The next server powers it again: it has its program, and starts it at once.
    let again = Living::begin(&world);
    logged(&world, &device, &["server.log pong 31"]).await;
    again.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_power_only_while_it_is_started() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let device = make(&world).await;
    online(&world, &device, true).await;
    world.store.start_virtual_imp(&device, false, act()).await.unwrap().unwrap();
    online(&world, &device, false).await;
    logged(&world, &device, &["status Device disconnected"]).await;
    world.store.start_virtual_imp(&device, true, act()).await.unwrap().unwrap();
    online(&world, &device, true).await;
    assert!(world.store.delete_device(&device, act()).await.unwrap());
    let until = Instant::now() + PATIENCE;
    while world.line.connected() > 0 {
        assert!(Instant::now() < until, "a device that is no more is connected");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    living.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries_run_before_device_code() {
    let world = World::new().await;
    let library = "class Greeter {\n  function fail() { local none = {}; return none.missing }\n}\n";
    world.store.put_library("Greeter.lib.nut", "1.0.0", library.as_bytes(), act()).await.unwrap();
    let large = format!("// {}\n", "x".repeat(250_000));
    world.store.put_library("Large.lib.nut", "1.0.0", large.as_bytes(), act()).await.unwrap();
    let living = Living::begin(&world);
    let device = make(&world).await;
    let group = world.group("G").await;
    world.store.assign_device(&group.id, &device, act()).await.unwrap().unwrap();
    let source = "#require \"Greeter.lib.nut:1.0.0\"\n\nGreeter().fail();\n";
    world.deploy_both(&group, source, "").await;
    let until = Instant::now() + PATIENCE;
    let expected = ["server.error ERROR:   in fail Greeter.lib.nut:2", "server.error ERROR:   in main device_code:3"];
    loop {
        let history = world.history_of(&device).await;
        if history.windows(2).any(|lines| lines == expected) {
            break;
        }
        assert!(Instant::now() < until, "{history:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let other = world.group("H").await;
    world.deploy_both(&other, "#require \"Large.lib.nut:1.0.0\"\n", "").await;
    world.store.assign_device(&other.id, &device, act()).await.unwrap().unwrap();
    let text = "server.error ERROR: the libraries that the device code requires are too large: 250004 bytes";
    let until = Instant::now() + PATIENCE;
    while !world.history_of(&device).await.iter().any(|line| line == text) {
        assert!(Instant::now() < until, "{:#?}", world.history_of(&device).await);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    living.end().await;
}
