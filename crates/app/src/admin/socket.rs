//! The server's side: a unix socket in the data directory, for its owner only. One JSON line in, JSON lines out.

use super::{ANSWERS, Answer, Operator, Request};
use crate::{
    directory::{Directory, added},
    settings::Database,
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs::Permissions,
    io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// Longest request.
const MOST_REQUEST_BYTES: u64 = 1 << 20;

/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long commands under way may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Commands that run at once; further ones wait to be accepted.
const MOST_AT_ONCE: usize = 16;

/// A request, and the database that its sender means, if it was named.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    pub database: Option<String>,
    pub request: Request,
}

/// Makes the socket, in place of one that a killed server left behind. Whoever holds the lock may do so.
pub fn bind(directory: &Directory) -> Result<UnixListener> {
    let path = directory.socket();
    let bind = || -> io::Result<UnixListener> {
        // Under another name until only the owner may use it.
        let temporary = added(&path, ".new");
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = with_short_path(&temporary, |path| UnixListener::bind(path))?;
        std::fs::set_permissions(&temporary, Permissions::from_mode(0o600))?;
        std::fs::rename(&temporary, &path)?;
        Ok(listener)
    };
    bind().with_context(|| format!("cannot make the socket {}", path.display()))
}

/// Connects to the server of a data directory; `None` where none runs.
pub(super) fn connect(directory: &Directory) -> Result<Option<UnixStream>> {
    let path = directory.socket();
    let connected = with_short_path(&path, |path| std::os::unix::net::UnixStream::connect(path));
    match connected {
        Ok(stream) => {
            stream.set_nonblocking(true)?;
            Ok(Some(UnixStream::from_std(stream)?))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot ask the running server through {}", path.display())),
    }
}

/// Calls `action` with a path that is short enough for a socket, which has room for about 100 bytes.
fn with_short_path<T>(path: &Path, action: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    const ROOM: usize = 100;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return action(path) };
    if path.as_os_str().len() <= ROOM || !cfg!(target_os = "linux") {
        return action(path);
    }
    let parent = std::fs::File::open(parent)?;
    action(&PathBuf::from(format!("/proc/self/fd/{}", parent.as_raw_fd())).join(name))
}

/// Answers until `stop` is cancelled, then lets commands under way end within the grace, and removes the socket.
pub async fn serve(listener: UnixListener, operator: Arc<Operator>, stop: CancellationToken) {
    let mut conversations = JoinSet::new();
    loop {
        while conversations.try_join_next().is_some() {}
        if conversations.len() >= MOST_AT_ONCE {
            conversations.join_next().await;
        }
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection to the admin socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let operator = Arc::clone(&operator);
        conversations.spawn(async move {
            if let Err(error) = converse(stream, &operator).await {
                tracing::debug!(%error, "a conversation through the admin socket ended early");
            }
        });
    }
    let _ = std::fs::remove_file(Directory::new(&operator.settings.directory).socket());
    drop(listener);
    let ended = async { while conversations.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        tracing::warn!("some commands did not end in time and were cut off");
    }
}

async fn converse(mut stream: UnixStream, operator: &Operator) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(read).take(MOST_REQUEST_BYTES);
    tokio::time::timeout(REQUEST_TIMEOUT, reader.read_line(&mut line)).await??;
    let (answers, mut answered) = mpsc::channel(ANSWERS);
    let run = async {
        match serde_json::from_str(&line) {
            Ok(Envelope { database: Some(meant), .. }) if !is_database(&operator.settings.database, &meant) => {
                let text = format!(
                    "the server that runs on {} uses another database ({}) than the one named; leave it out, or name \
                     another data directory",
                    operator.settings.directory.display(),
                    operator.settings.database
                );
                let _ = answers.send(Answer::Failed(text)).await;
            }
            Ok(Envelope { request, .. }) => operator.run(request, &answers).await,
            Err(error) => {
                let text = format!(
                    "the server does not understand the request ({error}); is it of another version than this command?"
                );
                let _ = answers.send(Answer::Failed(text)).await;
            }
        }
        drop(answers);
    };
    let reply = async {
        while let Some(answer) = answered.recv().await {
            let mut line = serde_json::to_vec(&answer).expect("answers have string keys only");
            line.push(b'\n');
            write.write_all(&line).await?;
        }
        write.shutdown().await
    };
    // Where the client has gone, `reply` fails, and with it ends the command.
    let mut reply = std::pin::pin!(reply);
    tokio::select! {
        outcome = &mut reply => outcome,
        () = run => reply.await,
    }
}

fn is_database(ours: &Database, meant: &str) -> bool {
    match ours {
        Database::Sqlite => meant == "sqlite",
        Database::Postgres(url) => meant == url.as_str(),
    }
}
