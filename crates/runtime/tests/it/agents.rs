//! Agents with a real store, over their whole life.

use crate::world::{AGENTS, World, act};
use impstead_device_protocol::{DeviceFrame, Message, ServerFrame, Value};
use impstead_model::{DeviceGroup, DeviceGroupType, RestartKind};
use impstead_runtime::{AgentConfig, AgentCounts, Agents, Unanswered};
use impstead_store::NewDeviceGroup;
use platform::{HttpResponse, Inbound};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    task::JoinHandle,
};
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

/// Waits for so many agents to be awake and asleep.
async fn counted(agents: &Agents, awake: usize, asleep: usize) {
    let began = Instant::now();
    while agents.count() != (AgentCounts { awake, asleep }) {
        assert!(began.elapsed() < PATIENCE, "{:?}", agents.count());
        tokio::time::sleep(Duration::from_millis(5)).await;
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
    counted(&agents, 0, 0).await;
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

/// Agents that hibernate almost at once.
fn sleepy() -> AgentConfig {
    AgentConfig { hibernate_after: Some(Duration::from_millis(100)), ..AgentConfig::default() }
}

/// A device with an agent among those that are set up so.
async fn with_agents_of(config: AgentConfig, source: &str) -> (World, DeviceGroup, Agents, Running) {
    let world = World::new().await;
    let group = world.group("G").await;
    world.assign(&group).await;
    let agents = world.agents_with(config);
    agents.reach_devices_by(world.line.clone());
    let running = Running::begin(&agents);
    world.deploy_both(&group, "", source).await;
    (world, group, agents, running)
}

async fn ask_of(agents: &Agents, world: &World, path: &str) -> String {
    let request = Inbound { method: b"GET".to_vec(), path: path.into(), ..Inbound::default() };
    let answer = agents.request(&agent_id(world).await, request).await.unwrap();
    String::from_utf8(answer.body).unwrap()
}

const COUNTING: &str = r#"
    local n = 0;
    http.onrequest(function(request, response) {
        if (request.path == "/keep") server.save({ n = n });
        response.send(200, (++n).tostring());
    });
    device.on("m", function(data) { server.log("message " + data + " " + (++n)) });
    server.log("ready");
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_agent_hibernates_until_it_is_wanted() {
    let (world, _, agents, running) = with_agents_of(sleepy(), COUNTING).await;
    logged(&world, &["status Agent restarted: reload.", "agent.log ready"]).await;
    for n in 1..=5 {
        counted(&agents, 0, 1).await;
        assert!(world.read().await.agent_running);
        assert_eq!(ask_of(&agents, &world, "/keep").await, n.to_string());
    }
    counted(&agents, 0, 1).await;
    agents.message(&world.device.id, b"m", Value::Int(7)).unwrap();
    logged(&world, &["status Agent restarted: reload.", "agent.log ready", "agent.log message 7 6"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_wakes_it() {
    let source = r#"
        local n = 0;
        function tick() { server.log("tick " + n++); imp.wakeup(0.6, tick) }
        tick();
    "#;
    let (world, _, agents, running) = with_agents_of(sleepy(), source).await;
    logged(&world, &["agent.log tick 0"]).await;
    counted(&agents, 0, 1).await;
    logged(&world, &["agent.log tick 0", "agent.log tick 1"]).await;
    counted(&agents, 0, 1).await;
    logged(&world, &["status Agent restarted: reload.", "agent.log tick 0", "agent.log tick 1", "agent.log tick 2"])
        .await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hibernates_keeps_its_state_over_a_restart_of_the_server() {
    let (world, _, agents, running) = with_agents_of(sleepy(), COUNTING).await;
    logged(&world, &["agent.log ready"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "1");
    counted(&agents, 0, 1).await;
    running.end().await;
    assert!(world.read().await.agent_running, "it is there, and only sleeps");
    // One that is awake when the next server stops starts afresh.
    let agents = world.next_agents();
    let running = Running::begin(&agents);
    assert_eq!(ask_of(&agents, &world, "/").await, "2");
    running.end().await;
    assert!(!world.read().await.agent_running);
    let agents = world.next_agents();
    let running = Running::begin(&agents);
    logged(&world, &["agent.log ready", "status Agent restarted: reload.", "agent.log ready"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "1");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_go_on_after_a_restart_of_the_server_if_they_may() {
    let config = || AgentConfig { continues: true, ..AgentConfig::default() };
    let source = r#"
        local n = 0;
        http.onrequest(function(request, response) {
            n++;
            if (request.path == "/slow") { imp.sleep(1); server.log("slept " + n) }
            response.send(200, n.tostring());
        });
        server.log("ready");
    "#;
    let (world, _, agents, running) = with_agents_of(config(), source).await;
    logged(&world, &["agent.log ready"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "1");
    let slow = Inbound { path: b"/slow".to_vec(), ..Inbound::default() };
    let (id, asked) = (agent_id(&world).await, agents.clone());
    let (slow, ()) = tokio::join!(async { asked.request(&id, slow).await }, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        running.end().await;
    });
    assert_eq!(slow, Err(Unanswered::Ended));
    let agents = world.agents_with(config());
    let running = Running::begin(&agents);
    logged(&world, &["status Agent restarted: reload.", "agent.log ready", "agent.log slept 2"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "3");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_reach_one_that_hibernates() {
    let source = |name: &str| {
        format!(
            "server.onshutdown(function(reason) {{ server.log(\"asked \" + reason); server.restart() }}); server.log(\"{name}\")"
        )
    };
    let (world, group, agents, running) = with_agents_of(sleepy(), &source("a")).await;
    logged(&world, &["agent.log a"]).await;
    counted(&agents, 0, 1).await;
    // A deployment alone changes nothing.
    world.deploy_both(&group, "", &source("b")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    counted(&agents, 0, 1).await;
    let restarted = "status Agent restarted: reload.";
    world.store.restart_device_group(&group.id, RestartKind::Conditional, act()).await.unwrap();
    logged(&world, &[restarted, "agent.log a", "agent.log asked 1", restarted, "agent.log b"]).await;
    counted(&agents, 0, 1).await;
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    logged(&world, &["agent.log asked 1", restarted, "agent.log b", restarted, "agent.log b"]).await;
    counted(&agents, 0, 1).await;
    world.store.unassign_device(&group.id, &world.device.id, act()).await.unwrap();
    counted(&agents, 0, 0).await;
    assert!(!world.read().await.agent_running);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_wakes_it_only_if_it_listens() {
    let (world, _, agents, running) = with_agents_of(sleepy(), "server.log(\"ready\")").await;
    logged(&world, &["agent.log ready"]).await;
    counted(&agents, 0, 1).await;
    agents.device_connected(&world.device.id, None);
    assert_eq!(agents.count(), AgentCounts { awake: 0, asleep: 1 });
    running.end().await;

    let source = "device.onconnect(@() server.log(\"here\")); server.log(\"ready\")";
    let (world, _, agents, running) = with_agents_of(sleepy(), source).await;
    logged(&world, &["agent.log ready"]).await;
    counted(&agents, 0, 1).await;
    agents.device_connected(&world.device.id, None);
    logged(&world, &["agent.log ready", "agent.log here"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_variables_leave_those_alone_that_hibernate() {
    let source = "local n = 0; http.onrequest(@(q, r) r.send(200, __VARS.LIMIT + \" \" + ++n)); server.log(\"ready\")";
    let (world, group, agents, running) = with_agents_of(sleepy(), source).await;
    logged(&world, &["agent.log ready"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "30 1");
    counted(&agents, 0, 1).await;
    world.set_variables(&group, r#"{"LIMIT": 40}"#).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "30 2");
    running.end().await;
    let agents = world.next_agents();
    let running = Running::begin(&agents);
    logged(&world, &["agent.log ready", "status Agent restarted: reload.", "agent.log ready"]).await;
    assert_eq!(ask_of(&agents, &world, "/").await, "40 1");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_away_for_too_long_has_no_agent() {
    let config = AgentConfig { away_limit: Some(Duration::from_millis(300)), ..AgentConfig::default() };
    let (world, _, agents, running) = with_agents_of(config.clone(), "server.log(\"ready\")").await;
    // A device that never was there is not away.
    logged(&world, &["agent.log ready"]).await;
    let (peer, _) = world.connect(|_| {}).await;
    drop(peer);
    let began = Instant::now();
    while world.read().await.online {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    running.end().await;
    drop(agents);
    let agents = world.agents_with(config);
    let running = Running::begin(&agents);
    tokio::time::sleep(Duration::from_millis(200)).await;
    counted(&agents, 0, 0).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_has_no_agents() {
    let (world, _, agents, running) = with_agents_of(AgentConfig::default(), "server.log(\"ready\")").await;
    logged(&world, &["agent.log ready"]).await;
    world.store.set_disabled(&world.owner, true, act()).await.unwrap();
    counted(&agents, 0, 0).await;
    assert!(!world.read().await.agent_running);
    world.store.set_disabled(&world.owner, false, act()).await.unwrap();
    logged(&world, &["agent.log ready", "status Agent restarted: reload.", "agent.log ready"]).await;
    running.end().await;
}

/// Reads until what was read ends so.
async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = vec![0; 65_536];
    while !all.ends_with(end) {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("more comes in time").unwrap();
        assert!(read > 0, "the body breaks off");
        all.extend_from_slice(&piece[..read]);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_sent_while_it_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let source = format!(
        r#"
        stream <- http.poststream("{url}", {{ a = "b" }}, function(answer) {{
            server.log(answer.statuscode + " " + answer.body + " " + stream.write("late"));
        }});
        stream.write("first");
        http.onrequest(function(request, response) {{
            local piece = blob(100000);
            for (local i = 0; i < 20; i++) stream.write(piece);
            stream.write("last");
            stream.close();
            response.send(200);
        }});
    "#
    );
    let (world, _, running) = with_agent(&source).await;
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = String::from_utf8(read_until(&mut stream, b"first\r\n").await).unwrap();
    assert!(head.starts_with("POST / HTTP/1.1\r\n") && head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
    // More than may wait: the program goes on only as fast as this reads.
    let (answer, rest) = tokio::join!(ask(&world, "/", ""), read_until(&mut stream, b"last\r\n0\r\n\r\n"));
    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(rest.iter().map(|&byte| usize::from(byte == 0)).sum::<usize>(), 2_000_000);
    stream.write_all(b"HTTP/1.1 201 Made\r\ncontent-length: 4\r\n\r\nfine").await.unwrap();
    logged(&world, &["agent.log 201 fine false"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_fixture_knows_that_it_is_one() {
    let world = World::new().await;
    let product = world.group("other").await.product;
    let mut targets = Vec::new();
    for kind in [DeviceGroupType::PreProduction, DeviceGroupType::PreDut, DeviceGroupType::PreFactoryFixture] {
        let new = NewDeviceGroup {
            product: product.clone(),
            kind,
            name: kind.as_str().into(),
            description: None,
            region: None,
            env_vars: "{}".into(),
            load_code_after_blessing: true,
            production_target: targets.first().cloned().filter(|_| kind.target_types().is_some()),
            dut_target: targets.get(1).cloned().filter(|_| kind.target_types().is_some()),
        };
        targets.push(world.store.create_device_group(new, act()).await.unwrap().id);
    }
    world.store.assign_device(&targets[2], &world.device.id, act()).await.unwrap().unwrap();
    let running = Running::begin(&world.agents);
    let group = world.store.device_group(&targets[2]).await.unwrap().unwrap();
    let source = r"
        local params = imp.configparams;
        server.log(params.factory_imp == params.deviceid);
        server.log(params.factory_imp_device_id == params.deviceid);
        server.log(params.factory_fixture_url == http.agenturl());
    ";
    world.deploy_both(&group, "", source).await;
    logged(&world, &["agent.log true", "agent.log true", "agent.log true"]).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_one_account_may_reach_more_than_others() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        loop {
            let (mut visitor, _) = server.accept().await.unwrap();
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            let _ = tokio::io::AsyncReadExt::read(&mut visitor, &mut [0; 1024]).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut visitor, answer).await;
        }
    });
    let source = format!("http.get(\"{url}\").sendasync(@(answer) server.log(\"status \" + answer.statuscode))");
    let allow = |account: &str| {
        let networks = vec!["127.0.0.0/8".parse().unwrap()];
        AgentConfig { outbound_allow: [(account.to_owned(), networks)].into(), ..AgentConfig::default() }
    };
    let (world, _, _, running) = with_agents_of(allow("ann"), &source).await;
    logged(&world, &["status Agent restarted: reload.", "agent.log status 204"]).await;
    running.end().await;
    let (world, _, _, running) = with_agents_of(allow("bob"), &source).await;
    logged(&world, &["status Agent restarted: reload.", "agent.log status 7"]).await;
    running.end().await;
    answering.abort();
}
