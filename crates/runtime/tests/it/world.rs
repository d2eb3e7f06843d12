//! A line with its logs and agents, a device, and its end of a connection.

use impstead_bus::Bus;
use impstead_device_protocol::{
    CloseReason, CodeOutcome, CodeResult, CodeWant, Connected, DeviceFrame, DeviceHandshake, DeviceId as ProtocolId,
    DeviceSecret, DeviceStep, HandshakeError, Hello, Log, LogKind, ServerFrame, Started, WakeReason,
};
use impstead_model::{
    AccountId, Actor, Code, Device, DeviceGroup, DeviceGroupType, DeviceId, Entropy, SystemClock, SystemEntropy,
};
use impstead_runtime::{
    AgentConfig, Agents, Line, LineConfig, LogLimits, Logs, Outbound, Pipe, Received, Transport, pipe,
};
use impstead_store::{
    Act, DeviceGroupChange, Location, LogFilter, LogsOf, NewAccount, NewDeployment, NewDevice, NewDeviceGroup,
    NewProduct, Page, Store,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What stands before the ids of agents.
pub const AGENTS: &str = "http://agents.test";
pub const SERVER: &str = "http://impstead.test";
pub const SECRET: [u8; 32] = [9; 32];
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A line with its logs, and the account of a device.
pub struct World {
    pub store: Store,
    pub line: Line,
    pub agents: Agents,
    pub logs: Logs,
    pub owner: AccountId,
    pub device: Device,
    pub stop: CancellationToken,
    pub running: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(directory.path().join("impstead.db"))).unwrap();
        store.migrate().await.unwrap();
        let account = NewAccount {
            username: "ann".into(),
            email: "ann@example.net".into(),
            password_hash: String::new(),
            production: true,
        };
        let owner = store.create_account(account, act()).await.unwrap().id;
        let new = NewDevice {
            id: None,
            mac: None,
            owner: owner.clone(),
            imp_type: "imp006".into(),
            plan_id: None,
            public_key: DeviceSecret::from_seed(&SECRET).public_key(),
        };
        let device = store.add_device(new, act()).await.unwrap();
        let clock = Arc::new(SystemClock);
        let logs = Logs::new(store.clone(), Bus::default(), clock.clone(), LogLimits::default());
        let config = LineConfig { identities: vec![SERVER.into()], ..LineConfig::default() };
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let (outbound, agents) = (
            Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]),
            AgentConfig { url: AGENTS.into(), ..AgentConfig::default() },
        );
        let agents = Agents::new(store.clone(), logs.clone(), clock.clone(), outbound, agents, 1);
        let kept = logs.clone();
        let line = Line::new(store.clone(), logs.clone(), agents.clone(), clock, entropy, config);
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (line, stop) = (line.clone(), stop.clone());
            async move {
                let end_of_logs = CancellationToken::new();
                let logs = tokio::spawn(logs.run(end_of_logs.clone()));
                line.run(stop).await;
                end_of_logs.cancel();
                logs.await.unwrap();
            }
        });
        Self { store, line, agents, logs: kept, owner, device, stop, running, _directory: directory }
    }

    /// Agents as the next server has them: with the same data, and nothing else.
    pub fn next_agents(&self) -> Agents {
        self.agents_with(AgentConfig::default())
    }

    /// The same, set up in another way.
    pub fn agents_with(&self, config: AgentConfig) -> Agents {
        let (outbound, config) = (Outbound::new(Vec::new()), AgentConfig { url: AGENTS.into(), ..config });
        Agents::new(self.store.clone(), self.logs.clone(), Arc::new(SystemClock), outbound, config, 1)
    }

    /// Opens a connection on which nothing was said yet.
    pub fn dial(&self) -> Peer {
        let (near, far) = pipe(64);
        let line = self.line.clone();
        let talking = tokio::spawn(async move { line.converse(far, Some("192.0.2.7".parse().unwrap())).await });
        Peer { pipe: near, seq: 0, talking }
    }

    pub fn hello(&self) -> Hello {
        let id = ProtocolId::parse(self.device.id.as_str()).unwrap();
        Hello::new(id, SERVER, WakeReason::POWER_ON)
    }

    /// Connects the device.
    pub async fn connect(&self, change: impl FnOnce(&mut Hello)) -> (Peer, Connected) {
        let mut peer = self.dial();
        let mut hello = self.hello();
        change(&mut hello);
        let connected = peer.shake_hands(&SECRET, hello).await.unwrap();
        (peer, connected)
    }

    /// Gives a group other variables.
    pub async fn set_variables(&self, group: &DeviceGroup, variables: &str) {
        let change = DeviceGroupChange { env_vars: Some(variables.into()), ..DeviceGroupChange::default() };
        self.store.update_device_group(&group.id, change, act()).await.unwrap().unwrap();
    }

    pub async fn read(&self) -> Device {
        self.store.device(self.device.id.as_str()).await.unwrap().unwrap()
    }

    pub async fn history(&self) -> Vec<String> {
        self.history_of(&self.device.id).await
    }

    pub async fn history_of(&self, device: &DeviceId) -> Vec<String> {
        let filter = LogFilter { of: LogsOf::Device(device.clone()), sources: Vec::new(), text: None };
        let page = self.store.logs(filter, 1000, Page { number: 1, size: 100 }).await.unwrap();
        let line = |entry: impstead_model::LogEntry| format!("{} {}", entry.source.as_str(), entry.message);
        page.items.into_iter().rev().map(line).collect()
    }

    pub async fn group(&self, name: &str) -> DeviceGroup {
        let products = self.store.products(&reach(&self.owner), None, Page { number: 1, size: 1 }).await.unwrap();
        let product = if let Some(product) = products.items.into_iter().next() {
            product
        } else {
            let new = NewProduct { owner: self.owner.clone(), name: "Bed".into(), description: None };
            self.store.create_product(new, act()).await.unwrap()
        };
        let new = NewDeviceGroup {
            product: product.id,
            kind: DeviceGroupType::Development,
            name: name.into(),
            description: None,
            region: None,
            env_vars: r#"{"LIMIT": 30}"#.into(),
            load_code_after_blessing: true,
            production_target: None,
            dut_target: None,
        };
        self.store.create_device_group(new, act()).await.unwrap()
    }

    pub async fn assign(&self, group: &DeviceGroup) {
        self.store.assign_device(&group.id, &self.device.id, act()).await.unwrap().unwrap();
    }

    pub async fn deploy(&self, group: &DeviceGroup, source: &str) -> [u8; 32] {
        self.deploy_both(group, source, "").await
    }

    pub async fn deploy_both(&self, group: &DeviceGroup, source: &str, agent: &str) -> [u8; 32] {
        let code = Code { device: source.into(), agent: agent.into() };
        let program = code.device_sha();
        let new = NewDeployment {
            group: group.id.clone(),
            code,
            description: None,
            origin: None,
            flagged: false,
            tags: Vec::new(),
        };
        self.store.create_deployment(new, act()).await.unwrap();
        program
    }
}

pub fn act() -> Act {
    Act { actor: Actor::OPERATOR, at_ms: 1_772_442_904_221, entropy: Arc::new(SystemEntropy) }
}

pub fn reach(account: &AccountId) -> impstead_model::Reach {
    impstead_model::Reach { account: account.clone(), collaborations: Vec::new() }
}

/// The device's end of a connection.
pub struct Peer {
    pub pipe: Pipe,
    pub seq: u32,
    pub talking: JoinHandle<()>,
}

impl Peer {
    pub async fn bytes(&mut self) -> Option<Vec<u8>> {
        match tokio::time::timeout(PATIENCE, self.pipe.receive()).await.expect("something comes in time") {
            Received::Frame(bytes) => Some(bytes),
            Received::End => None,
            other => panic!("a pipe has no {other:?}"),
        }
    }

    pub async fn next(&mut self) -> ServerFrame {
        let bytes = self.bytes().await.expect("the connection is open");
        ServerFrame::decode(&bytes).unwrap().expect("a server says what its version knows")
    }

    pub async fn say(&mut self, frame: DeviceFrame) {
        assert!(self.pipe.send(frame.encode().unwrap()).await);
    }

    pub async fn log(&mut self, text: &str, ack_wanted: bool) -> u32 {
        self.seq += 1;
        let (seq, kind) = (self.seq, LogKind::LOG);
        self.say(DeviceFrame::Log(Log { seq, ack_wanted, kind, text: text.into() })).await;
        seq
    }

    pub async fn shake_hands(&mut self, secret: &[u8; 32], hello: Hello) -> Result<Connected, HandshakeError> {
        let mut handshake = DeviceHandshake::new(DeviceSecret::from_seed(secret), hello);
        loop {
            let frame = self.bytes().await.expect("a handshake ends with a welcome or a close");
            match handshake.receive(&frame)? {
                DeviceStep::Send(frame) => assert!(self.pipe.send(frame).await),
                DeviceStep::Wait => {}
                DeviceStep::Connected(connected) => return Ok(connected),
            }
        }
    }

    /// Takes an offer of a program, as a device does, and returns its code.
    pub async fn install(&mut self, program: [u8; 32], outcome: CodeOutcome) -> Vec<u8> {
        let ServerFrame::CodeOffer(offer) = self.next().await else { panic!("there is no offer") };
        assert_eq!(offer.program, program);
        self.say(DeviceFrame::CodeWant(CodeWant { program, offset: 0 })).await;
        let mut code = Vec::new();
        while code.len() < offer.transfer_bytes as usize {
            let ServerFrame::CodeChunk(chunk) = self.next().await else { panic!("there is no chunk") };
            assert_eq!(chunk.offset as usize, code.len());
            code.extend(chunk.bytes);
        }
        let result = CodeResult { program, outcome, storage_used: 1683, text: String::new() };
        self.say(DeviceFrame::CodeResult(result)).await;
        if outcome == CodeOutcome::INSTALLED {
            let started = Started { wake_reason: WakeReason::NEW_SQUIRREL, program };
            self.say(DeviceFrame::Started(started)).await;
        }
        code
    }

    /// Waits until the server has dealt with all that was said.
    pub async fn settle(&mut self) {
        self.say(DeviceFrame::Ping(7)).await;
        assert_eq!(self.next().await, ServerFrame::Pong(7), "nothing else was to be said");
    }

    pub async fn closed(&mut self) -> CloseReason {
        loop {
            if let ServerFrame::Close(close) = self.next().await {
                return close.reason;
            }
        }
    }
}
