//! Ten thousand devices that do nothing: what they cost while they are there, and how fast they are back when the server
//! was away.
//!
//! The devices are tasks of this program; the server is another process, whose memory is what counts.

use super::{
    assign,
    device::{Identity, Server},
};
use crate::{
    figures::{Bench, Place},
    machine,
    report::{Bound, Figure, Report},
    site::{Added, Running},
};
use anyhow::{Context, Result, bail, ensure};
use impstead_device_protocol::Backoff;
use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep},
};

/// Handshakes at once while nothing depends on their speed.
const GENTLE: usize = 100;

/// Longest time for all devices to be there.
const PATIENCE: Duration = Duration::from_secs(300);

/// Beyond a heartbeat, so that pings and pongs of that heartbeat are over.
const REST: Duration = Duration::from_secs(5);

/// Restarts that are measured.
const RESTARTS: u32 = 3;

impl Bench<'_> {
    /// Memory of the server for each connection that does nothing.
    pub fn idle(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (mut place, devices) = self.with_fleet(server, "idle")?;
        let database = place.database.name();
        for tls in [false, true] {
            let certificate = if tls { Some(make_certificate(place.site.directory())?) } else { None };
            if certificate.is_some() {
                for (name, file) in [("IMPSTEAD_TLS_CERT", "cert.pem"), ("IMPSTEAD_TLS_KEY", "key.pem")] {
                    place.site.set(name, place.site.directory().canonicalize()?.join(file).display());
                }
            }
            let running = place.site.start()?;
            let server = match &certificate {
                None => Server::plain(running.address),
                Some(certificate) => Server::with_tls(running.address, certificate)?,
            };
            let kind = if tls { "with TLS" } else { "without TLS" };
            println!("{database}: {} devices {kind}; {}", devices.len(), place.site.settings());
            std::thread::sleep(Duration::from_secs(2));
            let before = (running.resident_kib()?, running.proportional_kib()?);
            let (connected, after) = self.runtime.block_on(async {
                let mut fleet = Fleet::connect(server, &devices);
                let connected = fleet.all_online(Instant::now()).await?;
                let heartbeat = fleet.shared.heartbeat().context("no device learned a heartbeat")?;
                sleep(heartbeat + REST).await;
                ensure!(fleet.online() == devices.len(), "{}", fleet.trouble());
                let after = (running.resident_kib()?, running.proportional_kib()?);
                fleet.tasks.shutdown().await;
                anyhow::Ok((connected, after))
            })?;
            #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
            let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / devices.len() as f64;
            println!(
                "  connected in {:.1} s, {GENTLE} at a time; resident {} KiB before and {} KiB after, Pss {} and {} KiB",
                connected.as_secs_f64(),
                before.0,
                after.0,
                before.1,
                after.1
            );
            println!("  in Pss: {:.2} KiB for each connection", each(before.1, after.1));
            let bound = if tls { Bound::None } else { Bound::AtMost(12.0) };
            let name = format!("memory of an idle device {kind}, of {}", devices.len());
            let figure = Figure::alone(name, "KiB", "VmRSS", vec![each(before.0, after.0)]);
            report.add(figure.bound(bound, "").on(database));
            running.stop()?;
        }
        Ok(())
    }

    /// Time until all devices are back after the server was restarted.
    pub fn reconnect(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (place, devices) = self.with_fleet(server, "reconnect")?;
        let database = place.database.name();
        println!("{database}: {} devices, restarts with SIGTERM; {}", devices.len(), place.site.settings());
        let mut running = place.site.start()?;
        let address = running.address;
        let mut fleet = self.runtime.block_on(async {
            let mut fleet = Fleet::connect(Server::plain(address), &devices);
            fleet.all_online(Instant::now()).await?;
            anyhow::Ok(fleet)
        })?;
        println!("  {}", gauges(&running)?);
        let mut times = Vec::new();
        for _ in 0..RESTARTS {
            let (restarted, time) = self.restart(&place, running, &mut fleet, false)?;
            running = restarted;
            times.push(time.as_secs_f64());
        }
        let name = format!("{} devices back after a restart, all at once", devices.len());
        let figure = Figure::alone(name, "s", "from `listening` to the last welcome", times);
        report.add(figure.bound(Bound::AtMost(10.0), "").on(database));
        let (running, time) = self.restart(&place, running, &mut fleet, true)?;
        let name = format!("{} devices back after a restart, each when it was told to", devices.len());
        let figure = Figure::alone(name, "s", "from `listening` to the last welcome", vec![time.as_secs_f64()]);
        report.add(figure.on(database));
        self.runtime.block_on(fleet.tasks.shutdown());
        running.stop()?;
        Ok(())
    }

    /// Makes a site with many devices in a group.
    fn with_fleet(&self, server: Option<&str>, name: &str) -> Result<(Place, Vec<Identity>)> {
        let count = self.arguments.fleet;
        let place = self.place(server, name)?;
        let added: Vec<Added> = place.site.add_devices_of("bench", count)?;
        let running = place.site.start()?;
        assign(&mut running.sign_in()?, &added)?;
        running.stop()?;
        let identities = added.iter().enumerate().map(|(number, it)| Identity::new(number, &it.id, &it.secret));
        Ok((place, identities.collect::<Result<_>>()?))
    }

    /// Stops the server, starts it again at the same address, and returns how long it took for all devices to be back.
    fn restart(
        &self,
        place: &Place,
        running: Running,
        fleet: &mut Fleet,
        patient: bool,
    ) -> Result<(Running, Duration)> {
        let address: SocketAddr = running.address;
        fleet.shared.patient.store(patient, Ordering::Relaxed);
        fleet.shared.gentle.store(false, Ordering::Relaxed);
        let attempts = fleet.shared.attempts.load(Ordering::Relaxed);
        let stopped = running.stop()?;
        if !patient {
            self.runtime.block_on(fleet.all_offline())?;
        }
        let work = machine::own_processor_s();
        let running = place.site.start_at(address)?;
        let listening = Instant::now();
        fleet.go.send_modify(|times| *times += 1);
        let time = self.runtime.block_on(fleet.all_online(listening))?;
        println!(
            "  {}: stopped in {:.1} s; all online {:.2} s after `listening`, with {} attempts; the server had {:.1} s of \
             processor time, this program {:.1} s; {}",
            if patient { "as told" } else { "at once" },
            stopped.as_secs_f64(),
            time.as_secs_f64(),
            fleet.shared.attempts.load(Ordering::Relaxed) - attempts,
            running.processor_s(),
            machine::own_processor_s() - work,
            gauges(&running)?
        );
        Ok((running, time))
    }
}

/// Returns what the server's own metrics say of devices.
fn gauges(running: &Running) -> Result<String> {
    let answer = crate::http::Client::new(running.address).send("GET", "/metrics", None)?;
    let text = String::from_utf8(answer.body)?;
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("impstead_device")).collect();
    Ok(if lines.is_empty() { "no metrics of devices".to_owned() } else { lines.join(", ") })
}

/// Devices that want to be connected.
struct Fleet {
    shared: Arc<Shared>,
    size: usize,
    /// Tells devices that are not patient that the server is there again.
    go: watch::Sender<u64>,
    tasks: JoinSet<()>,
}

struct Shared {
    server: Server,
    online: AtomicUsize,
    attempts: AtomicUsize,
    /// Whether to connect only some at a time.
    gentle: AtomicBool,
    door: Semaphore,
    /// Whether to wait as the protocol says, rather than for the word that the server is there.
    patient: AtomicBool,
    heartbeat_ms: AtomicUsize,
    last_failure: Mutex<String>,
}

impl Shared {
    fn heartbeat(&self) -> Option<Duration> {
        let heartbeat_ms = self.heartbeat_ms.load(Ordering::Relaxed);
        (heartbeat_ms > 0).then(|| Duration::from_millis(heartbeat_ms as u64))
    }

    fn failed(&self, device: &Identity, what: String) {
        let mut last = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
        *last = format!("{}: {what}", device.id);
    }
}

impl Fleet {
    /// Begins to connect devices, some at a time.
    fn connect(server: Server, devices: &[Identity]) -> Self {
        let shared = Arc::new(Shared {
            server,
            online: AtomicUsize::new(0),
            attempts: AtomicUsize::new(0),
            gentle: AtomicBool::new(true),
            door: Semaphore::new(GENTLE),
            patient: AtomicBool::new(false),
            heartbeat_ms: AtomicUsize::new(0),
            last_failure: Mutex::default(),
        });
        let (go, mut tasks) = (watch::Sender::new(0), JoinSet::new());
        for device in devices {
            tasks.spawn(live(device.clone(), Arc::clone(&shared), go.subscribe()));
        }
        Self { shared, size: devices.len(), go, tasks }
    }

    fn online(&self) -> usize {
        self.shared.online.load(Ordering::Relaxed)
    }

    fn trouble(&self) -> String {
        let last = self.shared.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{} of {} devices are online; the last failure: {last}", self.online(), self.size)
    }

    /// Waits until all are online, and returns how long that was after a moment.
    async fn all_online(&mut self, since: Instant) -> Result<Duration> {
        let mut half = None;
        while self.online() < self.size {
            if half.is_none() && self.online() * 2 >= self.size {
                half = Some(since.elapsed());
            }
            if since.elapsed() > PATIENCE {
                bail!("{}", self.trouble());
            }
            sleep(Duration::from_millis(2)).await;
        }
        let all = since.elapsed();
        println!(
            "  half of them after {:.2} s, all after {:.2} s",
            half.unwrap_or(all).as_secs_f64(),
            all.as_secs_f64()
        );
        Ok(all)
    }

    async fn all_offline(&self) -> Result<()> {
        let since = Instant::now();
        while self.online() > 0 {
            ensure!(since.elapsed() < PATIENCE, "the server is gone, but {}", self.trouble());
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

/// Keeps a device connected.
async fn live(device: Identity, shared: Arc<Shared>, mut go: watch::Receiver<u64>) {
    let mut backoff = Backoff::default();
    loop {
        shared.attempts.fetch_add(1, Ordering::Relaxed);
        let connected = {
            let gentle = shared.gentle.load(Ordering::Relaxed);
            let _permit = if gentle { shared.door.acquire().await.ok() } else { None };
            shared.server.connect(&device).await
        };
        let line = match connected {
            Ok(line) => line,
            Err(error) => {
                shared.failed(&device, format!("{error:#}"));
                sleep(Duration::from_millis(backoff.wait_ms(fastrand::u32(..)).into())).await;
                continue;
            }
        };
        shared.heartbeat_ms.store(usize::try_from(line.heartbeat().as_millis()).unwrap_or(0), Ordering::Relaxed);
        shared.online.fetch_add(1, Ordering::Relaxed);
        let since = Instant::now();
        let ended = line.idle().await;
        shared.online.fetch_sub(1, Ordering::Relaxed);
        if since.elapsed() >= Duration::from_secs(60) {
            backoff.reset();
        }
        shared.failed(&device, format!("{ended:?}"));
        if !shared.patient.load(Ordering::Relaxed) {
            if go.changed().await.is_err() {
                return;
            }
            // This was no failure of a connection.
            backoff.reset();
            continue;
        }
        let wait_ms = match ended {
            Ok(Some(close)) if close.retry_after_s > 0 => {
                let least = u64::from(close.retry_after_s) * 1000;
                least + fastrand::u64(0..=least / 2)
            }
            _ => backoff.wait_ms(fastrand::u32(..)).into(),
        };
        sleep(Duration::from_millis(wait_ms)).await;
    }
}

/// Makes a certificate for this machine, of no worth to anybody, and returns it.
fn make_certificate(directory: &Path) -> Result<Vec<u8>> {
    let (cert, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    let output = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-subj", "/CN=impstead bench", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .context("cannot run openssl; scripts/install-test-tools.sh installs it")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(std::fs::read(cert)?)
}
