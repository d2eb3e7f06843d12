//! One device's lines to a thousand streams, beside one channel of nchan with a thousand subscribers.
//!
//! The same program writes to and reads from both. It keeps a number of messages under way and sends the next when one
//! has arrived everywhere, so both work as hard as they can and neither has to throw anything away.

use super::{
    NO_THROTTLE, assign,
    device::{Heard, Identity, Line, Server},
    follow, ms,
    nchan::{Nchan, PUBLISH, SUBSCRIBE},
    new_stream,
    stream::{Event, Message, Stream, now_us},
};
use crate::{
    figures::Bench,
    machine,
    report::{Bound, Figure, Report, median, quantile},
    site::Running,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

/// Time before a measurement in which the load is the same.
const WARMTH: Duration = Duration::from_secs(1);

/// Longest time for messages under way to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

impl Bench<'_> {
    /// Deliveries a second at saturation of both, and latency of ours at half of either.
    pub fn fan_out(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (readers, window) = (self.arguments.streams, self.arguments.window);
        let seconds = Duration::from_secs(self.arguments.seconds.unwrap_or(5).into());
        let mut place = self.place(server, "fan-out")?;
        let database = place.database.name();
        for (name, value) in NO_THROTTLE {
            place.site.set(name, value);
        }
        place.site.set("IMPSTEAD_LOG_STREAMS_PER_ACCOUNT", readers);
        let devices = place.site.add_devices_of("bench", 1)?;
        println!(
            "{database}: one device to {readers} streams; messages of 80 bytes, {window} of them under way; {}\n  peer: {}",
            place.site.settings(),
            Nchan::about()
        );
        let ceiling = self.runtime.block_on(calibrate(readers, seconds))?;
        println!("  the readers of this program take {ceiling:.0} events/s from a writer that only writes");

        let running = place.site.start()?;
        let mut client = running.sign_in()?;
        assign(&mut client, &devices)?;
        let streams = (0..readers).map(|_| new_stream(&mut client)).collect::<Result<Vec<_>>>()?;
        let nchan = Nchan::start(&self.work.join("nchan"))?;
        let mut ours = self.runtime.block_on(async {
            let device = Identity::new(0, &devices[0].id, &devices[0].secret)?;
            let line = Server::plain(running.address).connect(&device).await?;
            let mut open = Vec::new();
            for id in &streams {
                open.push(Stream::open(running.address, &format!("/v5/logstream/{id}")).await?);
                follow(&mut client, id, &devices[0].id)?;
            }
            let (messages, queue) = mpsc::channel(window);
            let mut audience = Audience::new(open, messages, window);
            audience.tasks.spawn(publish_as_device(line, queue));
            audience.settle().await?;
            anyhow::Ok(audience)
        })?;
        let mut peer = self.runtime.block_on(async {
            let mut open = Vec::new();
            for _ in 0..readers {
                open.push(Stream::open(nchan.address, SUBSCRIBE).await?);
            }
            let (messages, queue) = mpsc::channel(window);
            let mut audience = Audience::new(open, messages, window);
            audience.tasks.spawn(publish_over_http(nchan.address, queue));
            audience.settle().await?;
            anyhow::Ok(audience)
        })?;

        let (mut base, mut mine) = (Vec::new(), Vec::new());
        let (mut base_work, mut my_work) = (Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            let (rate, work) = self.runtime.block_on(peer.saturate(seconds, || nchan.processor_s()))?;
            base.push(rate);
            base_work.push(work);
            let (rate, work) = self.runtime.block_on(ours.saturate(seconds, || running.processor_s()))?;
            mine.push(rate);
            my_work.push(work);
        }
        println!("  lost: nchan {}, impstead {}", peer.lost(), ours.lost());
        let lost = ours.lost();
        let (base_median, my_median) = (median(&base), median(&mine));
        let names = ("nginx + nchan", "impstead");
        let figure =
            Figure::new(format!("one device to {readers} streams"), "deliveries/s", (names.0, base), (names.1, mine));
        report.add(figure.bound(Bound::AtLeast(1.5), "").on(database));
        let figure =
            Figure::new("the same", "deliveries/s of its processor time", (names.0, base_work), (names.1, my_work));
        report.add(figure.on(database));
        report.add(
            Figure::alone("readers of this program", "events/s, at least", "of 1 writer", vec![ceiling]).on(database),
        );

        for (name, is_ours, rate, bound) in [
            ("impstead at half its rate", true, my_median, Bound::AtMost(50.0)),
            ("impstead at half of nchan's rate", true, base_median, Bound::AtMost(50.0)),
            ("nchan at half its rate", false, base_median, Bound::None),
        ] {
            let audience = if is_ours { &mut ours } else { &mut peer };
            #[expect(clippy::cast_precision_loss, reason = "a thousand")]
            let lines_per_s = rate / 2.0 / readers as f64;
            let latencies = self.runtime.block_on(audience.latencies(lines_per_s, seconds))?;
            let [half, most, all] = [0.5, 0.99, 1.0].map(|part| ms(quantile(&latencies, part)));
            println!("  {name}, {lines_per_s:.0} messages/s: p50 {half:.1} ms, p99 {most:.1} ms, longest {all:.1} ms");
            report.add(
                Figure::alone(format!("p99 of {name}"), "ms", "from device to reader", vec![most])
                    .bound(bound, "")
                    .on(database),
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let lost = (lost.max(ours.lost())) as f64;
        report.add(
            Figure::alone("deliveries lost", "", "impstead", vec![lost]).bound(Bound::AtMost(0.0), "").on(database),
        );
        drop::<(Running, Nchan)>((running, nchan));
        Ok(())
    }
}

/// Counts what readers have read.
#[derive(Default)]
struct Counts {
    delivered: AtomicU64,
    /// Messages that a reader missed.
    lost: AtomicU64,
    /// Whether to note how long messages took.
    noting: AtomicBool,
    latencies_us: Mutex<Vec<u32>>,
}

/// Readers of one server, and the way to it.
struct Audience {
    readers: u64,
    window: u64,
    counts: Arc<Counts>,
    messages: mpsc::Sender<String>,
    /// Number of the last message.
    number: u64,
    tasks: JoinSet<Result<()>>,
}

impl Audience {
    fn new(streams: Vec<Stream>, messages: mpsc::Sender<String>, window: usize) -> Self {
        let (counts, mut tasks, readers) = (Arc::<Counts>::default(), JoinSet::new(), streams.len() as u64);
        for stream in streams {
            tasks.spawn(read(stream, Arc::clone(&counts)));
        }
        Self { readers, window: window as u64, counts, messages, number: 0, tasks }
    }

    /// Sends messages until every reader has had one, and nothing is under way.
    async fn settle(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = self.counts.delivered.load(Ordering::Relaxed);
            self.send().await?;
            for _ in 0..100 {
                sleep(Duration::from_millis(10)).await;
                if self.counts.delivered.load(Ordering::Relaxed) - before >= self.readers {
                    // What was sent before has arrived too, or never will.
                    sleep(Duration::from_millis(200)).await;
                    self.counts.lost.store(0, Ordering::Relaxed);
                    self.counts.delivered.store(self.number * self.readers, Ordering::Relaxed);
                    return Ok(());
                }
            }
            ensure!(Instant::now() < deadline, "messages do not reach all readers");
        }
    }

    async fn send(&mut self) -> Result<()> {
        if let Some(ended) = self.tasks.try_join_next() {
            ended??;
            bail!("a reader or the device ended");
        }
        self.number += 1;
        let text = Message { device: 0, number: self.number, stamp_us: now_us() }.text();
        self.messages.send(text).await.context("the publisher ended")
    }

    fn arrived(&self) -> u64 {
        self.counts.delivered.load(Ordering::Relaxed) + self.lost()
    }

    fn lost(&self) -> u64 {
        self.counts.lost.load(Ordering::Relaxed)
    }

    /// Waits until nothing is under way.
    async fn drain(&self) -> Result<()> {
        let all = async {
            while self.arrived() < self.number * self.readers {
                sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = timeout(PATIENCE, all).await;
        waited.with_context(|| format!("{} deliveries of {}", self.arrived(), self.number * self.readers))
    }

    /// Returns deliveries a second with the window always full, and deliveries for each second of processor time.
    async fn saturate(&mut self, length: Duration, processor_s: impl Fn() -> f64) -> Result<(f64, f64)> {
        let began = Instant::now();
        let mut first = None;
        loop {
            let elapsed = began.elapsed();
            if first.is_none() && elapsed >= WARMTH {
                let mine = machine::own_processor_s();
                first = Some((Instant::now(), self.counts.delivered.load(Ordering::Relaxed), processor_s(), mine));
            }
            if elapsed >= WARMTH + length {
                break;
            }
            if self.number * self.readers < self.arrived() + self.window * self.readers {
                self.send().await?;
            } else {
                sleep(Duration::from_millis(1)).await;
            }
        }
        let (since, delivered, spent_s, mine_s) = first.context("no time")?;
        let (elapsed_s, spent_s) = (since.elapsed().as_secs_f64(), processor_s() - spent_s);
        #[expect(clippy::cast_precision_loss, reason = "counts of seconds")]
        let delivered = (self.counts.delivered.load(Ordering::Relaxed) - delivered) as f64;
        println!(
            "  {:.0} deliveries/s; the server had {:.2} cores, this program {:.2}",
            delivered / elapsed_s,
            spent_s / elapsed_s,
            (machine::own_processor_s() - mine_s) / elapsed_s
        );
        self.drain().await?;
        Ok((delivered / elapsed_s, delivered / spent_s))
    }

    /// Sends so many messages a second, evenly, and returns how long they took, sorted.
    async fn latencies(&mut self, per_s: f64, length: Duration) -> Result<Vec<u32>> {
        let mut due = interval(Duration::from_secs_f64(1.0 / per_s));
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let began = Instant::now();
        let mut noting = false;
        while began.elapsed() < WARMTH + length {
            due.tick().await;
            if !noting && began.elapsed() >= WARMTH {
                noting = true;
                self.counts.noting.store(true, Ordering::Relaxed);
            }
            self.send().await?;
        }
        self.drain().await?;
        self.counts.noting.store(false, Ordering::Relaxed);
        let mut latencies =
            std::mem::take(&mut *self.counts.latencies_us.lock().unwrap_or_else(PoisonError::into_inner));
        latencies.sort_unstable();
        Ok(latencies)
    }
}

async fn read(mut stream: Stream, counts: Arc<Counts>) -> Result<()> {
    let (mut last, mut latencies) = (None, Vec::new());
    loop {
        let noting = counts.noting.load(Ordering::Relaxed);
        let (mut delivered, mut lost) = (0, 0);
        let goes_on = stream.read(|event| {
            let Event::Message(message) = event else { return };
            delivered += 1;
            lost += message.number.saturating_sub(last.unwrap_or(message.number - 1) + 1);
            last = Some(message.number);
            if noting {
                latencies.push(u32::try_from(now_us() - message.stamp_us).unwrap_or(u32::MAX));
            }
        });
        ensure!(goes_on.await?, "a stream ended");
        counts.delivered.fetch_add(delivered, Ordering::Relaxed);
        if lost > 0 {
            counts.lost.fetch_add(lost, Ordering::Relaxed);
        }
        if !latencies.is_empty() {
            counts.latencies_us.lock().unwrap_or_else(PoisonError::into_inner).append(&mut latencies);
        }
    }
}

/// Logs what comes, and stays connected.
async fn publish_as_device(mut line: Line, mut messages: mpsc::Receiver<String>) -> Result<()> {
    let mut bytes = Vec::new();
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Some(message) = message else { return Ok(()) };
                bytes.clear();
                line.push_log(&mut bytes, message.as_bytes(), false)?;
                line.write(&bytes).await?;
            }
            heard = line.heard() => if let Heard::End(close) = heard? {
                bail!("the server ended the connection of the device: {close:?}");
            },
        }
    }
}

/// Posts what comes, one after the other on one connection.
async fn publish_over_http(address: SocketAddr, mut messages: mpsc::Receiver<String>) -> Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut answer = Vec::new();
    while let Some(message) = messages.recv().await {
        let head = format!("POST {PUBLISH} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n", message.len());
        connection.write_all((head + &message).as_bytes()).await?;
        answer.clear();
        loop {
            ensure!(connection.read_buf(&mut answer).await? > 0, "nginx closed the publisher's connection");
            let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            ensure!(head.starts_with("http/1.1 20"), "nchan: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.with_context(|| format!("no length: {head}"))?.trim().parse()?;
            if answer.len() >= end + 4 + length {
                break;
            }
        }
    }
    Ok(())
}

/// Finds out how many events the readers can take, from a writer in this program that only writes.
async fn calibrate(readers: usize, length: Duration) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let text = Message { device: 0, number: 1, stamp_us: now_us() }.text();
    let event =
        format!("event: message\ndata: 50000c2a69000001 2026-01-01T00:00:00.000Z development server.log {text}\n\n");
    let events: &'static [u8] = format!("{:x}\r\n{event}\r\n", event.len()).repeat(64).into_bytes().leak();
    let mut writers = JoinSet::new();
    // Who pours before all readers are there keeps the others from coming.
    let (all_are_there, there) = watch::channel(false);
    writers.spawn(async move {
        let mut pouring = JoinSet::new();
        loop {
            let (mut connection, _) = listener.accept().await?;
            let mut there = there.clone();
            pouring.spawn(async move {
                connection.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
                there.wait_for(|there| *there).await?;
                loop {
                    connection.write_all(events).await?;
                }
                #[expect(unreachable_code, reason = "names the type")]
                anyhow::Ok(())
            });
        }
        #[expect(unreachable_code, reason = "names the type")]
        anyhow::Ok(())
    });
    let (counts, mut tasks) = (Arc::<Counts>::default(), JoinSet::new());
    for _ in 0..readers {
        let stream = Stream::open(address, "/").await?;
        tasks.spawn(read(stream, Arc::clone(&counts)));
    }
    all_are_there.send_replace(true);
    sleep(WARMTH).await;
    let (began, first) = (Instant::now(), counts.delivered.load(Ordering::Relaxed));
    sleep(length).await;
    #[expect(clippy::cast_precision_loss, reason = "counts of seconds")]
    let delivered = (counts.delivered.load(Ordering::Relaxed) - first) as f64;
    Ok(delivered / began.elapsed().as_secs_f64())
}
