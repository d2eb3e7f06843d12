//! The command's side: asks the running server, or does the work itself.

use super::{ANSWERS, Answer, KeyChanger, Operator, Request, socket, socket::Envelope};
use crate::{
    directory::{Directory, Lock},
    key, open,
    settings::{DataSettings, Database},
};
use anyhow::{Context, Result, bail};
use impstead_model::{Clock, Entropy, SystemClock, SystemEntropy};
use impstead_server::Passwords;
use impstead_store::BackupError;
use std::{io::Read, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::mpsc,
};

/// How long to wait for a lock that another command, or a server about to listen, holds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do where there are no data yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Make them.
    Make,
    /// Say so.
    Fail,
}

/// Has a request done, and passes each answer but the last to `show`.
pub async fn ask(
    settings: &DataSettings,
    request: Request,
    if_missing: IfMissing,
    mut show: impl FnMut(Answer) -> Result<()>,
) -> Result<()> {
    let (answers, mut answered) = mpsc::channel(ANSWERS);
    let task = match reach(settings, if_missing).await? {
        Reached::Server(stream) => tokio::spawn({
            let database = settings.database_was_chosen.then(|| match &settings.database {
                Database::Sqlite => "sqlite".to_owned(),
                Database::Postgres(url) => url.as_str().to_owned(),
            });
            converse(stream, Envelope { database, request }, answers)
        }),
        Reached::Data(lock) => {
            let operator = open_alone(settings, &request).await?;
            tokio::spawn(async move {
                operator.run(request, &answers).await;
                drop((operator, lock));
                Ok(())
            })
        }
    };
    let mut outcome = None;
    while let Some(answer) = answered.recv().await {
        match answer {
            Answer::Done => outcome = Some(Ok(())),
            Answer::Failed(why) => outcome = Some(Err(anyhow::Error::msg(why))),
            answer => show(answer)?,
        }
    }
    task.await??;
    outcome.unwrap_or_else(|| bail!("the server stopped before the command had ended; look at the data, and try again"))
}

enum Reached {
    Server(UnixStream),
    Data(Lock),
}

/// Finds the running server, or takes the lock.
async fn reach(settings: &DataSettings, if_missing: IfMissing) -> Result<Reached> {
    let directory = Directory::new(&settings.directory);
    if if_missing == IfMissing::Make {
        directory.create()?;
    } else if !directory.path().is_dir() {
        bail!(
            "there is no data directory {}; name the server's with --data, or begin with `impstead serve` or \
             `impstead account create`",
            directory.path().display()
        );
    }
    let mut waited = Duration::ZERO;
    loop {
        if let Some(stream) = socket::connect(&directory)? {
            return Ok(Reached::Server(stream));
        }
        if let Some(lock) = directory.try_lock()? {
            return Ok(Reached::Data(lock));
        }
        if waited >= PATIENCE {
            bail!("{}", directory.in_use());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        waited += Duration::from_millis(50);
    }
}

async fn open_alone(settings: &DataSettings, request: &Request) -> Result<Operator> {
    let location = settings.clone();
    let store = tokio::task::spawn_blocking(move || open::open(&location)).await??;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    if !matches!(request, Request::Migrate) {
        open::migrate(&store, settings, &*clock).await?;
    }
    let passwords = Passwords::new(&*entropy);
    Ok(Operator { store, settings: settings.clone(), clock, entropy, passwords, key_changer: KeyChanger::Alone })
}

async fn converse(stream: UnixStream, envelope: Envelope, answers: mpsc::Sender<Answer>) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(&envelope)?;
    line.push(b'\n');
    write.write_all(&line).await.context("the server does not take the request")?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await.context("the server stopped answering")? {
        let answer = serde_json::from_str(&line)
            .context("the server's answer is not understood; is it of another version than this command?")?;
        if answers.send(answer).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Fills an empty database from a backup, and returns how many rows there are and perhaps a warning. No server may run.
pub async fn read_backup(settings: &DataSettings, input: impl Read + Send + 'static) -> Result<(u64, Option<String>)> {
    let directory = Directory::new(&settings.directory);
    directory.create()?;
    let _lock = directory.lock()?;
    let location = settings.clone();
    let (store, rows) = tokio::task::spawn_blocking(move || {
        let store = open::open(&location)?;
        let rows = store.restore(input).map_err(|error| {
            let fix = match &error {
                BackupError::NotEmpty(_) | BackupError::OtherSchema { .. } => {
                    "; name a new data directory with --data, or an empty database with --database"
                }
                BackupError::Damaged(_) => "; restore another backup",
                BackupError::Newer(_) => "; restore it with that version",
                BackupError::Store(_) | BackupError::File(_) => "",
            };
            anyhow::anyhow!("nothing was restored: {:#}{fix}", anyhow::Error::from(error))
        })?;
        anyhow::Ok((store, rows))
    })
    .await??;
    let warning = key::mismatch(&directory, &store).await?.map(|what| {
        format!("{what}: before the server starts, copy server.key from the data directory that was backed up")
    });
    Ok((rows, warning))
}
