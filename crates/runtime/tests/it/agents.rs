//! Agents with a real store, over their whole life.

use crate::world::{AGENTS, World, act};
use impstead_device_protocol::{DeviceFrame, Message, ServerFrame, Value};
use impstead_model::{DeviceGroup, RestartKind};
use impstead_runtime::{Agents, Unanswered};
use platform::{HttpResponse, Inbound};
use std::time::{Duration, Instant};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);

/// Agents that run.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn begin(agents: &Agents) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(agents.clone().run(Handle::current(), stop.clone())), stop }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Waits for the history to end with these lines; status lines of devices aside.
async fn logged(world: &World, lines: &[&str]) {
    let began = Instant::now();
    loop {
        let mut history = world.history().await;
        history.retain(|line| !line.starts_with("status Device"));
        if history.ends_with(&lines.iter().map(ToString::to_string).collect::<Vec<_>>()) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "expected {lines:#?}, found {history:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn with_agent(source: &str) -> (World, DeviceGroup, Running) {
    let world = World::new().await;
    let group = world.group("G").await;
    world.assign(&group).await;
    let running = Running::begin(&world.agents);
    world.deploy_both(&group, "", source).await;
    (world, group, running)
}

async fn agent_id(world: &World) -> String {
    world.read().await.assignment.unwrap().agent_id
}

async fn ask(world: &World, path: &str, body: &str) -> Result<HttpResponse, Unanswered> {
    let request = Inbound { method: b"POST".to_vec(), path: path.into(), body: body.into(), ..Inbound::default() };
    world.agents.request(&agent_id(world).await, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_starts_with_the_first_deployment_and_says_so() {
    let source =
        "server.log(http.agenturl()); server.log(__EI.DEVICEGROUP_NAME + \" \" + __VARS.LIMIT); server.error(1)";
    let (world, _, running) = with_agent(source).await;
    let url = format!("agent.log {AGENTS}/{}", agent_id(&world).await);
    logged(&world, &["status Agent restarted: reload.", &url, "agent.log G 30", "agent.error ERROR: 1"]).await;
    let device = world.read().await;
    assert!(device.agent_running && device.agent_state_changed_ms.is_some() && !device.online);
    running.end().await;
    assert!(!world.read().await.agent_running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_deployment_is_taken_up_with_a_restart() {
    let (world, group, running) = with_agent("server.log(1)").await;
    let restarted = "status Agent restarted: reload.";
    logged(&world, &[restarted, "agent.log 1"]).await;
    world.deploy_both(&group, "", "server.log(2)").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    logged(&world, &[restarted, "agent.log 1"]).await;
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    logged(&world, &[restarted, "agent.log 1", restarted, "agent.log 2"]).await;
    // What ran goes on running with the next server.
    world.deploy_both(&group, "", "server.log(3)").await;
    running.end().await;
    let agents = world.next_agents();
    let running = Running::begin(&agents);
    logged(&world, &["agent.log 2", restarted, "agent.log 2"]).await;
    world.store.unassign_device(&group.id, &world.device.id, act()).await.unwrap();
    let began = Instant::now();
    while agents.running() > 0 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_restart_asks_first() {
    let source = r#"
        server.onshutdown(function(reason) { server.log("asked " + reason); imp.wakeup(0.1, @() server.restart()) });
        server.log("old");
    "#;
    let (world, group, running) = with_agent(source).await;
    logged(&world, &["agent.log old"]).await;
    world.deploy_both(&group, "", "server.log(\"new\")").await;
    world.store.restart_device_group(&group.id, RestartKind::Conditional, act()).await.unwrap();
    logged(&world, &["agent.log old", "agent.log asked 1", "status Agent restarted: reload.", "agent.log new"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered() {
    let source = r#"
        http.onrequest(function(request, response) {
            switch (request.path) {
                case "/later": imp.wakeup(0.05, @() response.send(202, "late")); break;
                case "/throw": throw "bad";
                case "/loop": while (true) {}
                default: response.header("X", "y"); response.send(200, request.method + " " + request.path + " " + request.body);
            }
        });
        server.log("ready");
    "#;
    let (world, _, running) = with_agent(source).await;
    logged(&world, &["agent.log ready"]).await;
    let answer = ask(&world, "/a/b", "body").await.unwrap();
    assert_eq!((answer.status, &*answer.body), (200, &b"POST /a/b body"[..]));
    assert_eq!(ask(&world, "/later", "").await.unwrap().status, 202);
    assert_eq!(ask(&world, "/throw", "").await.unwrap().status, 500);
    logged(
        &world,
        &[
            "agent.error ERROR: bad",
            "agent.error ERROR:   in unknown agent_code:5",
            "status Agent restarted: reload.",
            "agent.log ready",
        ],
    )
    .await;
    assert_eq!(world.agents.request("nobody", Inbound::default()).await, Err(Unanswered::NotFound));
    // One that never ends keeps nobody else, and goes with the agent.
    let (looping, restart) = tokio::join!(ask(&world, "/loop", ""), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await
    });
    assert_eq!(looping, Err(Unanswered::Ended));
    assert!(restart.unwrap());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_limited() {
    let (world, _, running) = with_agent("http.onrequest(@(q, r) r.send(200)); server.log(1)").await;
    logged(&world, &["agent.log 1"]).await;
    let mut refused = 0;
    for _ in 0..200 {
        refused += i32::from(ask(&world, "/", "").await == Err(Unanswered::TooMany));
    }
    assert!(refused > 50, "{refused}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_both_ways_in_order() {
    let source = r#"
        device.on("count", function(n) { device.send("double", n * 2) });
        device.onconnect(@() server.log("connected"));
        device.ondisconnect(@() server.log("disconnected"));
        server.log("ready " + device.isconnected());
    "#;
    let (world, _, running) = with_agent(source).await;
    logged(&world, &["agent.log ready false"]).await;
    let (mut peer, _) = world.connect(|_| {}).await;
    let ServerFrame::CodeOffer(_) = peer.next().await else { panic!("there is no offer") };
    logged(&world, &["agent.log connected"]).await;
    for n in 1..=20 {
        let message =
            Message { seq: n, ack_wanted: false, name: b"count".as_slice().into(), value: Value::Int(n.cast_signed()) };
        peer.say(DeviceFrame::Message(message)).await;
    }
    for n in 1..=20 {
        let ServerFrame::Message(message) = peer.next().await else { panic!("there is no message") };
        assert_eq!((&*message.name, message.value), (&b"double"[..], Value::Int(2 * n)));
    }
    let message = Message { seq: 21, ack_wanted: false, name: b"other".as_slice().into(), value: Value::Null };
    peer.say(DeviceFrame::Message(message)).await;
    logged(&world, &["agent.error ERROR: no handler for agent.send(\"other\")"]).await;
    drop(peer);
    logged(&world, &["agent.log disconnected"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_survives() {
    let source = r#"
        local kept = server.load();
        local n = "n" in kept ? kept.n + 1 : 1;
        server.save({ n = n, raw = blob(2) }, 2);
        server.log(n + " " + server.load().raw.len());
    "#;
    let (world, _, running) = with_agent(source).await;
    logged(&world, &["agent.log 1 2"]).await;
    running.end().await;
    let agents = world.next_agents();
    let running = Running::begin(&agents);
    logged(&world, &["agent.log 1 2", "status Agent restarted: reload.", "agent.log 2 2"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_fail_start_again_more_and_more_slowly() {
    let (world, _, running) = with_agent("server.log(1); throw \"no\"").await;
    tokio::time::sleep(Duration::from_millis(4500)).await;
    let history = world.history().await;
    let starts = history.iter().filter(|line| *line == "status Agent restarted: reload.").count();
    assert!((2..=4).contains(&starts), "{history:#?}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries_run_before_the_program() {
    let world = World::new().await;
    let library =
        "const LIMIT = 7;\nenum Mode { ON = \"on\" }\nclass Greeter {\n  function fail() { return LIMIT.missing }\n}\n";
    world.store.put_library("Greeter.lib.nut", "1.0.0", library.as_bytes(), act()).await.unwrap();
    let group = world.group("G").await;
    world.assign(&group).await;
    let running = Running::begin(&world.agents);
    let source = "// first line\n#require \"Greeter.lib.nut:1.0.0\"\nserver.log(LIMIT + Mode.ON);\nGreeter().fail();\n";
    world.deploy_both(&group, "", source).await;
    logged(
        &world,
        &[
            "agent.log 7on",
            "agent.error ERROR: the index 'missing' does not exist",
            "agent.error ERROR:   in fail Greeter.lib.nut:4",
            "agent.error ERROR:   in main agent_code:4",
        ],
    )
    .await;
    running.end().await;
}
