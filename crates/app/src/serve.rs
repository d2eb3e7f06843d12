//! `impstead serve`: wiring, and an orderly end.

use crate::{
    admin::{self, KeyChanger, Operator},
    block_on,
    cli::ServeArgs,
    commands::print,
    demo,
    directory::Directory,
    key, open,
    settings::{self, Settings, Surroundings},
    telemetry::{self, Logs},
};
use anyhow::{Context, Result};
use impstead_model::{Clock, Entropy, SystemClock, SystemEntropy};
use impstead_server::{App, Config, Listeners, Passwords, Tls};
use impstead_store::Store;
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How often what has expired is deleted.
const CLEANING_PERIOD: Duration = Duration::from_secs(3600);

/// Runs the server until it is told to stop.
pub fn run(arguments: &ServeArgs) -> Result<()> {
    let around = Surroundings::ambient();
    if arguments.print_config {
        return print(&settings::in_force(&arguments.flags, &around)?);
    }
    let (settings, warnings) = settings::of_serve(&arguments.flags, &around)?;
    if arguments.check_config {
        for warning in warnings {
            print(&format!("warning: {warning}\n"))?;
        }
        return print("the configuration has no problems\n");
    }
    let logs = telemetry::start(settings.log_format, settings.log_level.clone());
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    block_on(serve(&settings, &logs))
}

async fn serve(settings: &Settings, logs: &Logs) -> Result<()> {
    let stop = stop_on_signals()?;
    let directory = Directory::new(&settings.data.directory);
    directory.create()?;
    let _lock = directory.lock()?;
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}; is the port in use, or not allowed to this user?", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let agent_address = settings.agent_address(address);
    let agent_listener = TcpListener::bind(agent_address).await.with_context(|| {
        format!("cannot listen on {agent_address} for requests to agents; choose another address with --agent-listen")
    })?;
    let agent_address = agent_listener.local_addr()?;
    let tls = read_tls(settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let location = settings.data.clone();
    let store = tokio::task::spawn_blocking(move || open::open(&location)).await??;
    open::migrate(&store, &settings.data, &*clock).await?;
    let server_key = key::load(&directory, &store, &entropy, clock.now_ms()).await?;
    let passwords = Passwords::new(&*entropy);
    let demo = if settings.demo {
        let made = demo::ensure(&directory, &store, &passwords, &*clock, &entropy).await?;
        demo::ensure_imps(&made, settings.virtual_imps, &store, &*clock, &entropy).await?;
        Some(made)
    } else {
        None
    };

    let tasks = TaskTracker::new();
    tasks.spawn(clean(store.clone(), Arc::clone(&clock), settings.log_age, stop.clone()));
    let (key_changes, key_change_requests) = mpsc::channel(1);
    let operator = Operator {
        store: store.clone(),
        settings: settings.data.clone(),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        passwords: passwords.clone(),
        key_changer: KeyChanger::Server(key_changes),
    };
    tasks.spawn(admin::serve(admin::bind(&directory)?, Arc::new(operator), stop.clone()));
    tasks.close();

    let config = settings.server_config(address, agent_address);
    print(&format!("listening on {}\n", listening_url(settings, address)))?;
    if let Some(demo) = &demo {
        print(&demo::how_to_use(demo, &directory, &config.public_url))?;
    }
    tracing::info!(%address, %agent_address, public_url = config.public_url, agent_url = config.agent_url, database = %settings.data.database, "listening");
    let listeners = [listener.into_std()?, agent_listener.into_std()?];
    let parts = Parts { listeners, tls, directory, store, clock, entropy, passwords, config };
    let served = parts.serve(server_key, key_change_requests, &stop).await;
    stop.cancel();
    tasks.wait().await;
    if logs.dropped_lines() > 0 {
        tracing::warn!(lines = logs.dropped_lines(), "some log lines were dropped, because nobody took them in time");
    }
    tracing::info!("stopped");
    served
}

fn listening_url(settings: &Settings, address: std::net::SocketAddr) -> String {
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

fn read_tls(settings: &Settings) -> Result<Option<Tls>> {
    let Some((cert, key)) = &settings.tls else { return Ok(None) };
    let read = |path: &std::path::Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let tls = Tls::from_pem(&read(cert)?, &read(key)?).map_err(anyhow::Error::from_boxed);
    tls.map(Some).with_context(|| {
        format!("{} and {} are not a PEM certificate chain and its private key", cert.display(), key.display())
    })
}

/// What the server is made of, but for its key.
struct Parts {
    /// That of the API, and that of the agents.
    listeners: [std::net::TcpListener; 2],
    tls: Option<Tls>,
    directory: Directory,
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    config: Config,
}

impl Parts {
    /// Serves until it is told to stop.
    ///
    /// For a change of the server key it lets requests under way end and then goes on with the new key, on the same
    /// socket, so that new connections meanwhile wait rather than fail.
    async fn serve(
        &self,
        mut key: impstead_server::ServerKey,
        mut key_changes: mpsc::Receiver<oneshot::Sender<Result<u64>>>,
        stop: &CancellationToken,
    ) -> Result<()> {
        loop {
            let [api, agents] = &self.listeners;
            let listeners = Listeners {
                api: TcpListener::from_std(api.try_clone()?)?,
                agents: Some(TcpListener::from_std(agents.try_clone()?)?),
            };
            let app = App::new(
                self.store.clone(),
                Arc::clone(&self.clock),
                Arc::clone(&self.entropy),
                key,
                self.passwords.clone(),
                self.config.clone(),
            );
            let pause = stop.child_token();
            let serving = impstead_server::serve(listeners, self.tls.clone(), app, pause.clone());
            let mut serving = std::pin::pin!(serving);
            let reply = tokio::select! {
                () = &mut serving => return Ok(()),
                Some(reply) = key_changes.recv() => reply,
            };
            tracing::info!("pausing for a change of the server key");
            pause.cancel();
            serving.await;
            let now_ms = self.clock.now_ms();
            let changed = key::rotate(&self.directory, &self.store, &self.entropy, now_ms).await;
            if let Err(error) = &changed {
                tracing::error!(cause = format!("{error:#}"), "the server key was not changed");
            }
            let _ = reply.send(changed);
            // A change that failed half-way is completed here, or the server stops: it must not go on with a key that
            // may not be that of the data.
            key = key::load(&self.directory, &self.store, &self.entropy, now_ms).await?;
            tracing::info!("going on");
        }
    }
}

/// Returns a token that the first SIGTERM or SIGINT cancels; the second ends the process.
fn stop_on_signals() -> Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        let mut next = async || tokio::select! { _ = terminate.recv() => "SIGTERM", _ = interrupt.recv() => "SIGINT" };
        let signal = next().await;
        tracing::info!(signal, "stopping; a second signal stops at once");
        stopping.cancel();
        let signal = next().await;
        eprintln!("impstead: {signal} again: stopping at once");
        std::process::exit(1);
    });
    Ok(stop)
}

/// Deletes what has expired, now and then.
async fn clean(store: Store, clock: Arc<dyn Clock>, log_age: Duration, stop: CancellationToken) {
    let log_age_ms = i64::try_from(log_age.as_millis()).unwrap_or(i64::MAX);
    let mut period = tokio::time::interval(CLEANING_PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = period.tick() => {}
        }
        // It works in portions, so nothing is lost where a stop comes between two of them.
        let deleted = tokio::select! {
            () = stop.cancelled() => return,
            deleted = store.delete_expired(clock.now_ms(), log_age_ms) => deleted,
        };
        match deleted {
            Ok(deleted) => tracing::debug!(deleted, "deleted what has expired"),
            Err(error) => {
                let cause = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(cause, "cannot delete what has expired");
            }
        }
    }
}
