//! The server, and what stands around it.

use crate::{Backend, Client, Database, SeededEntropy, TestClock};
use impstead_model::{AccountId, Actor, Clock, Device, DeviceGroupId, DeviceId, Entropy, LogSource, LogType};
use impstead_runtime::{NewLine, WebhookLimits};
use impstead_server::{App, Config, Listeners, Passwords, RateLimit, ServerKey};
use impstead_store::{Act, NewAccount, NewDevice, Store};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The password of accounts made by [`TestServer::signed_in`].
pub const PASSWORD: &str = "correct horse";

/// A running server. It stops when this value is dropped, and its data go with it.
pub struct TestServer {
    // The order matters: the store lets go of the database before that is dropped.
    app: App,
    clock: Arc<TestClock>,
    entropy: Arc<SeededEntropy>,
    address: SocketAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
    database: Database,
}

impl TestServer {
    /// Starts a server on a fresh database.
    ///
    /// Its links begin with `http://impstead.test`, whatever the port, so that answers are the same in each run, and its
    /// rate limits are out of reach, and nothing is delivered to webhooks; `configure` may change that and all else.
    pub async fn start(backend: Backend, configure: impl FnOnce(&mut Config)) -> Self {
        let database = Database::create(backend);
        let location = database.location();
        let opened = tokio::task::spawn_blocking(move || Store::open(&location)).await;
        let store = opened.expect("opening does not panic").expect("the database was just made");
        store.migrate().await.expect("a fresh database takes the schema");

        let clock = Arc::new(TestClock::default());
        let entropy = Arc::new(SeededEntropy::new(1));
        // Its randomness is another one, so that ids do not depend on how passwords are hashed.
        let passwords = Passwords::cheap(&SeededEntropy::new(2));
        let mut config = Config {
            public_url: "http://impstead.test".into(),
            agent_url: "http://agent.impstead.test".into(),
            rate_limit: RateLimit { bucket: 1_000_000, refill_per_s: 1e6 },
            // Nothing goes out, unless a test wants it to.
            webhook_limits: WebhookLimits { at_once: 0, ..WebhookLimits::default() },
            ..Config::default()
        };
        configure(&mut config);
        let app = App::new(
            store,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&entropy) as Arc<dyn Entropy>,
            ServerKey::new(&[7; 32]),
            passwords,
            config,
        );

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are free ports");
        let address = listener.local_addr().expect("the listener is bound");
        let stop = CancellationToken::new();
        let task = tokio::spawn(impstead_server::serve(without_agents(listener), None, app.clone(), stop.clone()));
        Self { app, clock, entropy, address, stop, task: Some(task), database }
    }

    /// Starts a server on a fresh SQLite database, as it comes.
    pub async fn on_sqlite() -> Self {
        Self::start(Backend::Sqlite, |_| {}).await
    }

    /// Stops the server as a signal would, and waits until it has stopped.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.expect("the server does not panic");
        }
    }

    /// Stops the server as a signal would, and starts another in its place: at the same address, with the same data, and
    /// with nothing else that it had in memory.
    pub async fn restart(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.expect("nobody took the port");
        self.app = App::new(
            self.app.store.clone(),
            Arc::clone(&self.clock) as Arc<dyn Clock>,
            Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            ServerKey::new(&[7; 32]),
            self.app.passwords.clone(),
            self.app.config.clone(),
        );
        self.stop = CancellationToken::new();
        self.task = Some(tokio::spawn(impstead_server::serve(
            without_agents(listener),
            None,
            self.app.clone(),
            self.stop.clone(),
        )));
    }

    /// Logs a line as if the device had.
    pub async fn log(&self, device: &DeviceId, message: &str) {
        let found = self.store().device(device.as_str()).await.expect("the database answers").expect("it is there");
        let group = found.assignment;
        self.app.logs.push(NewLine {
            device: found.id,
            log_type: LogType::of(group.as_ref().map(|group| group.kind)),
            group: group.map(|group| group.group),
            source: LogSource::ServerLog,
            message: message.to_owned(),
        });
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its clock.
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Its parts.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Its data.
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn random(&self) -> [u8; 32] {
        (&*self.entropy as &dyn Entropy).bytes()
    }

    /// An act of the operator, now.
    pub fn act(&self) -> Act {
        let entropy = Arc::clone(&self.entropy) as Arc<dyn Entropy>;
        Act { actor: Actor::OPERATOR, at_ms: self.clock.now_ms(), entropy }
    }

    /// A caller without an access token.
    pub fn nobody(&self) -> Client {
        Client::new(self.address)
    }

    /// Makes an account that may hold production device groups, and signs in.
    pub async fn signed_in(&self, username: &str) -> Client {
        self.create_account(username, &format!("{username}@example.net"), PASSWORD, true).await;
        self.nobody().sign_in(username, PASSWORD).await
    }

    /// Makes an account.
    pub async fn create_account(&self, username: &str, email: &str, password: &str, production: bool) -> AccountId {
        let hash = self.app.passwords.hash(password, &*self.entropy).await.expect("hashing is cheap here");
        let new = NewAccount { username: username.into(), email: email.into(), password_hash: hash, production };
        self.store().create_account(new, self.act()).await.expect("the names are new").id
    }

    /// Adds an unassigned device to an account.
    pub async fn add_device(&self, owner: &AccountId, imp_type: &str) -> Device {
        self.add_device_with_key(owner, imp_type, [7; 32]).await
    }

    pub(crate) async fn add_device_with_key(&self, owner: &AccountId, imp_type: &str, public_key: [u8; 32]) -> Device {
        let new = NewDevice {
            id: None,
            mac: None,
            owner: owner.clone(),
            imp_type: imp_type.into(),
            plan_id: None,
            public_key,
        };
        self.store().add_device(new, self.act()).await.expect("the MAC address is a random one")
    }

    /// Puts a device into a device group of any type, as factory BlinkUp and blessing would where the API may not.
    pub async fn place_device(&self, device: &DeviceId, group: &DeviceGroupId) {
        let found = self.store().device_group(group).await.expect("the database answers").expect("the group is there");
        let blessed = found.kind.holds_blessed_devices();
        let agent_id = &device.as_str()[device.as_str().len() - 12..];
        self.database.script(&format!(
            "insert into agent (device_id, plan_id, agent_id)
               select id, coalesce(plan_id, ''), '{agent_id}' from device where id = '{device}'
               on conflict do nothing;
             update device
               set group_id = '{group}', group_kind = '{kind}', product_id = '{product}', group_owner_id = '{owner}',
                   blessed = {blessed},
                   agent_id = (select agent_id from agent
                               where device_id = device.id and plan_id = coalesce(device.plan_id, ''))
               where id = '{device}';",
            kind = found.kind.as_str(),
            product = found.product,
            owner = found.owner,
        ));
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Tests of the API see no lines of agents.
fn without_agents(api: TcpListener) -> Listeners {
    Listeners { api, agents: None }
}
