//! Virtual imps of the store, in the server, on the line, with their agents.

use crate::world::{PATIENCE, SERVER, World, act};
use impstead_device_protocol::DeviceSecret;
use impstead_model::{DeviceId, Entropy, SystemClock, SystemEntropy};
use impstead_runtime::Imps;
use impstead_store::{NewBoard, NewDevice, NewVirtualImp, VirtualImpChange};
use platform::board::{Board, Change};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

/// Virtual imps that run, and agents.
struct Living {
    imps: Imps,
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
        let tasks = [tokio::spawn(imps.clone().run(Handle::current(), stop.clone())), tokio::spawn(agents)];
        Living { imps, stop, tasks }
    }

    async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

async fn make(world: &World) -> DeviceId {
    make_on(world, None).await
}

fn ready(name: &str) -> NewBoard {
    NewBoard { name: name.into(), file: None }
}

async fn make_on(world: &World, board: Option<NewBoard>) -> DeviceId {
    let device = NewDevice {
        id: None,
        mac: None,
        owner: world.owner.clone(),
        imp_type: "imp006".into(),
        plan_id: None,
        public_key: DeviceSecret::from_seed(&[3; 32]).public_key(),
    };
    let new = NewVirtualImp { device, name: Some("Bed 7".into()), is_started: true, board };
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

/// Waits until a device's history has a line.
async fn said(world: &World, device: &DeviceId, expected: &str) {
    let until = Instant::now() + PATIENCE;
    while !world.history_of(device).await.iter().any(|line| line == expected) {
        assert!(Instant::now() < until, "{:#?} has no {expected}", world.history_of(device).await);
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

/// One thread for everything, so that an imp that kept it would keep all.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_board_that_asks_too_much_keeps_nobody_from_their_turn() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let bytes = "U".repeat(60_000);
    let file = format!("imp = \"imp006\"\n[uart]\nuart57 = {{ script = [{{ every_s = 0.06, send = \"{bytes}\" }}] }}");
    let greedy = make_on(&world, Some(NewBoard { name: "custom".into(), file: Some(file) })).await;
    let group = world.group("G").await;
    world.store.assign_device(&group.id, &greedy, act()).await.unwrap().unwrap();
    let source = "local u = hardware.uart57;
        u.configure(10000000, 8, PARITY_NONE, 1, NO_CTSRTS, function() { u.readstring(); first(); });
        function first() { first = @() null; server.log(\"it has begun\"); }";
    world.deploy_both(&group, source, "").await;
    said(&world, &greedy, "server.log it has begun").await;

    let meek = make(&world).await;
    let others = world.group("H").await;
    world.store.assign_device(&others.id, &meek, act()).await.unwrap().unwrap();
    world.deploy_both(&others, "server.log(\"my turn\")", "").await;
    said(&world, &meek, "server.log my turn").await;
    assert!(living.imps.see(&greedy).await.is_some());
    living.end().await;
}

/// What of an imp is seen, as soon as it has power.
async fn seen(living: &Living, device: &DeviceId) -> Vec<String> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = living.imps.see(device).await {
            return seen.iter().map(ToString::to_string).collect();
        }
        assert!(Instant::now() < until, "it has no power");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_button_is_pressed_and_its_light_is_seen() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let device = make_on(&world, Some(ready("button-led"))).await;
    let group = world.group("G").await;
    world.store.assign_device(&group.id, &device, act()).await.unwrap().unwrap();
    let source = "
        light <- hardware.pin8;
        light.configure(DIGITAL_OUT, 0);
        button <- hardware.pin1;
        button.configure(DIGITAL_IN_PULLUP, function() { light.write(1 - button.read()); });
        server.log(\"ready\");";
    world.deploy_both(&group, source, "").await;
    said(&world, &device, "server.log ready").await;
    let board = Board::ready("button-led").unwrap();
    // The board's own button is not pressed while somebody holds the pin.
    living.imps.change(&device, vec![Change::parse(&board, "pin1", "1").unwrap()]).await;
    let mut sights = living.imps.watch(&device);
    let now = seen(&living, &device).await;
    assert!(now.contains(&"pin1=1".to_owned()) && now.contains(&"pin8=0".to_owned()), "{now:?}");
    living.imps.change(&device, vec![Change::parse(&board, "pin1", "press").unwrap()]).await;
    let mut changes = Vec::new();
    for _ in 0..2 {
        changes.push(tokio::time::timeout(PATIENCE, sights.recv()).await.unwrap().unwrap().seen.to_string());
    }
    assert_eq!(changes, ["pin8=1", "pin8=0"], "it goes on, and off when the button is let go");
    living.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_link_is_broken_and_comes_back() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let device = make(&world).await;
    online(&world, &device, true).await;
    living.imps.change(&device, vec![Change::Link(false)]).await;
    online(&world, &device, false).await;
    living.imps.change(&device, vec![Change::Link(true)]).await;
    online(&world, &device, true).await;
    // What lasts is there when it is powered.
    let inputs = BTreeMap::from([("link".to_owned(), "off".to_owned())]);
    let change = VirtualImpChange { inputs: Some(inputs), ..VirtualImpChange::default() };
    world.store.change_virtual_imp(&device, change, act()).await.unwrap().unwrap();
    world.store.start_virtual_imp(&device, false, act()).await.unwrap().unwrap();
    online(&world, &device, false).await;
    world.store.start_virtual_imp(&device, true, act()).await.unwrap().unwrap();
    assert_eq!(seen(&living, &device).await, Vec::<String>::new());
    living.imps.change(&device, vec![Change::Link(true)]).await;
    online(&world, &device, true).await;
    living.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_another_board_it_boots() {
    let world = World::new().await;
    let living = Living::begin(&world);
    let device = make(&world).await;
    let group = world.group("G").await;
    world.store.assign_device(&group.id, &device, act()).await.unwrap().unwrap();
    world.deploy_both(&group, "server.log(imp.info().type + \" \" + hardware.wakereason());", "").await;
    said(&world, &device, "server.log imp006 4").await;
    let board = NewBoard { name: "custom".into(), file: Some("imp = \"imp002\"".into()) };
    let change = VirtualImpChange { board: Some((Some(board), "imp002".into())), ..VirtualImpChange::default() };
    world.store.change_virtual_imp(&device, change, act()).await.unwrap().unwrap();
    said(&world, &device, "server.log imp002 0").await;
    living.end().await;
}
