//! `impstead imp`: virtual imps as a process of their own.

mod identities;
mod inputs;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod linux;
mod output;
mod socket;

use crate::{
    cli::ImpArgs,
    directory::{create_directory, write_private},
};
use ::imp::{Programs, Setup, Stored};
use anyhow::{Context, Result, bail};
use futures_util::future::BoxFuture;
use identities::Identity;
use impstead_device_protocol::{DeviceSecret, server_identity};
use impstead_model::{Entropy, SystemClock, SystemEntropy};
use impstead_runtime::{ASKS, Ask, BlinkUp, Home, Kept, News, Pipe, factory_blink_up, live, next_ask};
use inputs::{Inputs, Ways};
use output::Output;
use platform::board::{Board, Seen};
use socket::Server;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Runs imps until they are told to stop.
pub async fn run(arguments: ImpArgs, json: bool) -> Result<()> {
    let ImpArgs { server, id, secret_file, ids, count, board, state, inputs } = arguments;
    let identities = match (id, secret_file, ids) {
        (Some(id), Some(file), None) => vec![identities::of_one(&id, &file)?],
        (_, _, Some(file)) => identities::of_many(&file, count)?,
        _ => bail!("which imp is it? Name it with --id and --secret-file, or many with --ids"),
    };
    let name = server_identity(&server).with_context(|| {
        format!("{server:?} is no server's URL: write one such as http://127.0.0.1:8080 or https://imp.example.com")
    })?;
    let board = Arc::new(read_board(board.as_deref())?);
    if board.mac.is_some() && identities.len() > 1 {
        bail!("the board says a MAC address, which one imp can have only: leave it out of the file");
    }
    if let Some(directory) = &state {
        create_directory(directory)?;
    }
    let (ways, asks): (Vec<_>, Vec<_>) = identities
        .iter()
        .map(|Identity { id, .. }| {
            let (way, asks) = mpsc::channel(ASKS);
            ((id.to_string(), way), asks)
        })
        .unzip();
    let fleet = Fleet {
        server: Server::new(&name)?,
        state: state.map(Arc::from),
        output: Arc::new(Output::new(json, identities.len())),
        ways: ways.into(),
        ends: TaskTracker::new(),
        stop: stop_on_signals()?,
    };
    let real = linux::connect(&board, identities.len())?;
    let entropy: &dyn Entropy = &SystemEntropy;
    let programs = Programs::new(u64::from_le_bytes(entropy.bytes()));
    let lives = TaskTracker::new();
    for (Identity { id, seed }, asks) in identities.into_iter().zip(asks) {
        let usual = Setup::new(id, DeviceSecret::from_seed(&seed), name.clone(), &board);
        let setup = Setup { real: real.clone(), ..usual };
        let home = Hearth {
            fleet: fleet.clone(),
            device: id.to_string(),
            was_connected: false,
            is_watching: inputs.is_some(),
            asks,
            blink_up: BlinkUp::default(),
        };
        let kept = home.kept()?;
        let (programs, stop) = (programs.clone(), fleet.stop.clone());
        let seed = u64::from_le_bytes(entropy.bytes());
        lives.spawn(async move { live(setup, programs, kept, seed, &SystemClock, home, stop).await });
    }
    if let Some(file) = inputs {
        let (ways, output) = (Arc::clone(&fleet.ways), Arc::clone(&fleet.output));
        let inputs = Inputs { board: Arc::clone(&board), ways, output };
        inputs.read_from(&file)?;
    }
    lives.close();
    lives.wait().await;
    // What the last frames said is on its way; it should arrive.
    fleet.ends.close();
    fleet.ends.wait().await;
    match fleet.output.failure() {
        Some(why) => bail!("{why}"),
        None => Ok(()),
    }
}

/// Reads a board: one that is ready by its name, else a file; without either, one with nothing but an imp.
fn read_board(named: Option<&str>) -> Result<Board> {
    let Some(named) = named else { return Board::parse("imp = \"imp006\"").context("there is such a board") };
    if let Some(ready) = Board::ready(named) {
        return Ok(ready);
    }
    let text = std::fs::read_to_string(named).with_context(|| {
        let ready: Vec<&str> = Board::ready_names().collect();
        format!("cannot read the board {named}: name a file, or a board that is ready: {}", ready.join(", "))
    })?;
    linux::parse(&text).with_context(|| format!("the board {named} has a mistake"))
}

/// What the imps of a process share.
#[derive(Clone)]
struct Fleet {
    server: Server,
    /// Where they keep what outlives their power; nowhere without it.
    state: Option<Arc<Path>>,
    output: Arc<Output>,
    /// The ways to all of them, with their ids, in the order of the file.
    ways: Ways,
    /// Connections that end.
    ends: TaskTracker,
    stop: CancellationToken,
}

/// What an imp has around it that is in a process of its own.
struct Hearth {
    fleet: Fleet,
    device: String,
    was_connected: bool,
    /// Whether what changes on the imp's outputs is printed.
    is_watching: bool,
    asks: mpsc::Receiver<Ask>,
    /// The last time that it, as a factory fixture, configured another.
    blink_up: BlinkUp,
}

impl Hearth {
    fn file(&self) -> Option<PathBuf> {
        self.fleet.state.as_ref().map(|directory| directory.join(format!("{}.imp", self.device)))
    }

    /// Where it keeps the sectors of its SPI flash, a file each.
    fn flash_directory(&self) -> Option<PathBuf> {
        self.fleet.state.as_ref().map(|directory| directory.join(format!("{}.flash", self.device)))
    }

    /// What it kept when it ran before.
    fn kept(&self) -> Result<Kept> {
        Ok(Kept { stored: self.stored()?, flash: self.flash()?, inputs: Vec::new() })
    }

    fn flash(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let Some(directory) = self.flash_directory().filter(|directory| directory.exists()) else {
            return Ok(Vec::new());
        };
        let cannot = || format!("cannot read {}", directory.display());
        let mut sectors = Vec::new();
        for entry in std::fs::read_dir(&directory).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            // What is not named by a number is half written, or somebody else's.
            let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            if let Some(number) = number {
                sectors.push((number, std::fs::read(&path).with_context(cannot)?));
            }
        }
        Ok(sectors)
    }

    fn stored(&self) -> Result<Stored> {
        let Some(file) = self.file() else { return Ok(Stored::default()) };
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Stored::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        Stored::from_bytes(&bytes).with_context(|| {
            format!("{} is not what an imp of this version keeps: remove it, and the imp starts empty", file.display())
        })
    }
}

impl Home for Hearth {
    fn dial(&mut self) -> BoxFuture<'static, Result<Pipe, String>> {
        let (server, ends) = (self.fleet.server.clone(), self.fleet.ends.clone());
        Box::pin(async move { server.dial(&ends).await })
    }

    async fn keep(&mut self, stored: Stored) {
        let Some(file) = self.file() else { return };
        let written = tokio::task::spawn_blocking(move || write_private(&file, &stored.to_bytes())).await;
        if let Ok(Err(error)) = written {
            self.fleet.output.problem(&self.device, &format!("{error:#}"));
        }
    }

    async fn keep_flash(&mut self, changes: Vec<(u32, Option<Vec<u8>>)>) {
        let Some(directory) = self.flash_directory() else { return };
        let written = tokio::task::spawn_blocking(move || write_sectors(&directory, &changes)).await;
        if let Ok(Err(error)) = written {
            self.fleet.output.problem(&self.device, &format!("{error:#}"));
        }
    }

    fn asked(&mut self) -> BoxFuture<'_, Ask> {
        next_ask(&mut self.asks)
    }

    fn is_watching(&self) -> bool {
        self.is_watching
    }

    fn see(&mut self, _: i64, seen: Seen) {
        self.fleet.output.seen(&self.device, &seen);
    }

    fn factory_blink_up(&mut self) {
        let (searching, telling) = (Arc::clone(&self.fleet.ways), Arc::clone(&self.fleet.ways));
        let (fixture, named) = (self.device.clone(), self.device.clone());
        self.blink_up.begin(async move { factory_blink_up(&fixture, searching.iter().cloned()).await }, move || {
            telling.iter().find(|(id, _)| *id == named).map(|(_, way)| way.clone())
        });
    }

    fn hear(&mut self, news: News) {
        self.was_connected |= news == News::Connected;
        if let News::Refused(reason) = &news
            && !self.was_connected
            && self.fleet.output.is_alone()
        {
            // Nothing would change before its user changes it.
            self.fleet.output.fail(socket::explain(*reason, &self.device));
            self.fleet.stop.cancel();
        }
        self.fleet.output.news(&self.device, &news);
    }
}

/// Writes sectors of a flash, each into a file of its own; those that are erased have none.
fn write_sectors(directory: &Path, changes: &[(u32, Option<Vec<u8>>)]) -> Result<()> {
    create_directory(directory)?;
    for (sector, content) in changes {
        let file = directory.join(sector.to_string());
        match content {
            Some(content) => write_private(&file, content)?,
            None => match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", file.display()));
                }
                _ => {}
            },
        }
    }
    Ok(())
}

/// Returns a token that the first SIGTERM or SIGINT cancels; the second ends the process.
fn stop_on_signals() -> Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        let mut next = async || tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} };
        next().await;
        stopping.cancel();
        next().await;
        std::process::exit(1);
    });
    Ok(stop)
}
