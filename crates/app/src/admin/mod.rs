//! Commands of the operator on the data. The same function runs them in the server, which is asked through a socket,
//! and in the command's own process where no server runs.

mod accounts;
mod ask;
mod backup;
mod devices;
mod libraries;
mod socket;

pub use accounts::{AccountRow, QuotaLimits};
pub use ask::{IfMissing, ask, read_backup};
pub use backup::Progress;
pub use socket::{bind, serve};

use crate::{directory::Directory, key, open, settings::DataSettings};
use anyhow::{Context, Result, bail};
use impstead_model::{Actor, Clock, Entropy};
use impstead_server::Passwords;
use impstead_store::{Act, SCHEMA_VERSION, Store};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Answers that wait for their reader; whoever makes them waits for room.
const ANSWERS: usize = 16;

/// What the operator asks for. Holds passwords, so it cannot be printed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Makes an account.
    CreateAccount { username: String, email: String, password: String, production: bool },
    /// Lists all accounts: a row for each.
    ListAccounts,
    /// Shuts or reopens an account.
    SetDisabled { account: String, disabled: bool },
    /// Grants or withdraws production device groups.
    SetProduction { account: String, production: bool },
    /// Sets an account's password and ends its sessions.
    SetPassword { account: String, password: String },
    /// Changes an account's limits.
    SetQuota { account: String, limits: QuotaLimits },
    /// Removes an account's second factor.
    ResetTotp { account: String },
    /// Adds devices to an account: a row for each.
    AddDevices { owner: String, count: u32, imp_type: String, mac_address: Option<String> },
    /// Enrols a device, as BlinkUp would: a row.
    EnrolDevice { device: String, plan: String, token: String, fixture: Option<String> },
    /// Adds or replaces a library.
    PutLibrary { name: String, version: String, source: String },
    /// Lists all libraries: a row for each.
    ListLibraries,
    /// Removes a library.
    RemoveLibrary { name: String, version: String },
    /// Writes a backup: bytes.
    Backup,
    /// Brings the schema up to date.
    Migrate,
    /// Replaces the server key.
    RotateKey { discard_unreadable: bool },
}

/// What comes back: any number of these, the last of which is `Done` or `Failed`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// A line of output, for people.
    Text(String),
    /// A line of output, for programs.
    Row(serde_json::Value),
    /// A part of a file, as base64.
    Bytes(String),
    /// All is done.
    Done,
    /// Why it was not done, with what to do about it.
    Failed(String),
}

/// What the commands work with.
pub struct Operator {
    /// The data.
    pub store: Store,
    /// Where they are.
    pub settings: DataSettings,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids and secrets come from.
    pub entropy: Arc<dyn Entropy>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// How the server key is replaced.
    pub key_changer: KeyChanger,
}

/// How the server key is replaced.
pub enum KeyChanger {
    /// Nobody else uses the key.
    Alone,
    /// The server pauses while it changes. At most one waits; further ones wait for room.
    Server(mpsc::Sender<oneshot::Sender<Result<u64>>>),
}

/// Where answers go.
pub type Answers = mpsc::Sender<Answer>;

impl Operator {
    fn act(&self) -> Act {
        Act { actor: Actor::OPERATOR, at_ms: self.clock.now_ms(), entropy: Arc::clone(&self.entropy) }
    }

    /// Does what is asked, and answers.
    pub async fn run(&self, request: Request, answers: &Answers) {
        let last = match self.perform(request, answers).await {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Failed(format!("{error:#}")),
        };
        // A reader that went away does not want to know.
        let _ = answers.send(last).await;
    }

    async fn perform(&self, request: Request, answers: &Answers) -> Result<()> {
        match request {
            Request::CreateAccount { username, email, password, production } => {
                self.create_account(username, email, &password, production, answers).await
            }
            Request::ListAccounts => self.list_accounts(answers).await,
            Request::SetDisabled { account, disabled } => self.set_disabled(&account, disabled, answers).await,
            Request::SetProduction { account, production } => self.set_production(&account, production, answers).await,
            Request::SetPassword { account, password } => self.set_password(&account, &password, answers).await,
            Request::SetQuota { account, limits } => self.set_quota(&account, limits, answers).await,
            Request::ResetTotp { account } => self.reset_totp(&account, answers).await,
            Request::AddDevices { owner, count, imp_type, mac_address } => {
                self.add_devices(&owner, count, imp_type, mac_address, answers).await
            }
            Request::EnrolDevice { device, plan, token, fixture } => {
                self.enrol_device(&device, plan, token, fixture.as_deref(), answers).await
            }
            Request::PutLibrary { name, version, source } => self.put_library(&name, &version, &source, answers).await,
            Request::ListLibraries => self.list_libraries(answers).await,
            Request::RemoveLibrary { name, version } => self.remove_library(&name, &version, answers).await,
            Request::Backup => backup::write(&self.store, answers).await,
            Request::Migrate => self.migrate(answers).await,
            Request::RotateKey { discard_unreadable } => self.rotate_key(discard_unreadable, answers).await,
        }
    }

    async fn migrate(&self, answers: &Answers) -> Result<()> {
        let text = match open::migrate(&self.store, &self.settings, &*self.clock).await? {
            None => format!("the schema is up to date: version {SCHEMA_VERSION}"),
            Some(open::Migrated { from: 0, .. }) => format!("made a new database: schema version {SCHEMA_VERSION}"),
            Some(open::Migrated { from, backup }) => {
                let backup = backup.map(|path| format!("; the data as they were are in {}", path.display()));
                format!("brought the schema from version {from} to {SCHEMA_VERSION}{}", backup.unwrap_or_default())
            }
        };
        say(answers, text).await
    }

    async fn rotate_key(&self, discard_unreadable: bool, answers: &Answers) -> Result<()> {
        let directory = Directory::new(&self.settings.directory);
        if discard_unreadable {
            let (login_keys, enrolments) =
                key::discard_unreadable(&directory, &self.store, &self.entropy, &self.act()).await?;
            let text = format!("gave up {login_keys} login keys and {enrolments} enrolments for one-time passwords");
            say(answers, text).await?;
        }
        let resealed = match &self.key_changer {
            KeyChanger::Alone => {
                let now_ms = self.clock.now_ms();
                key::load(&directory, &self.store, &self.entropy, now_ms).await?;
                key::rotate(&directory, &self.store, &self.entropy, now_ms).await?
            }
            KeyChanger::Server(server) => {
                let (reply, outcome) = oneshot::channel();
                server.send(reply).await.ok().context("the server is stopping")?;
                outcome.await.context("the server is stopping")??
            }
        };
        say(answers, format!("the server key is new; {resealed} values were sealed anew")).await
    }
}

async fn say(answers: &Answers, text: String) -> Result<()> {
    answer(answers, Answer::Text(text)).await
}

/// Answers, and ends the work where nobody reads any more.
async fn answer(answers: &Answers, answer: Answer) -> Result<()> {
    if answers.send(answer).await.is_err() {
        bail!("nobody reads the answer any more");
    }
    Ok(())
}
