//! Load on many URLs, each visited in turn, over connections that are kept.
//!
//! One thread, as `wrk` has, so that the servers get the rest of the machine. `wrk` itself knows how long it runs, but not when
//! each URL was visited once.

use crate::report::quantile;
use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};

/// Longest time of a visit.
const PATIENCE: Duration = Duration::from_secs(60);

/// Those who visit: a connection each, and all paths.
pub struct Visitors {
    runtime: Runtime,
    connections: Vec<Connection>,
    requests: Arc<Vec<Vec<u8>>>,
}

/// What came of visits.
pub struct Visits {
    pub took: Duration,
    /// How long each took, in microseconds, the shortest first.
    times_us: Vec<u32>,
    /// Places of those paths that were not answered with 200.
    pub refused: Vec<usize>,
}

impl Visits {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    pub fn per_s(&self) -> f64 {
        self.times_us.len() as f64 / self.took.as_secs_f64()
    }

    /// Returns the time within which a part of them was answered, in milliseconds.
    pub fn quantile_ms(&self, part: f64) -> f64 {
        f64::from(quantile(&self.times_us, part)) / 1000.0
    }

    /// Fails unless all were answered with 200.
    pub fn all_answered(self) -> Result<Self> {
        ensure!(self.refused.is_empty(), "{} of {} visits failed", self.refused.len(), self.times_us.len());
        Ok(self)
    }
}

impl Visitors {
    /// Connects `count` times.
    pub fn connect(address: SocketAddr, paths: &[String], count: usize) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let request = |path: &String| format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
        let connections = runtime.block_on(async {
            let mut connections = Vec::new();
            for _ in 0..count {
                connections.push(Connection::open(address).await?);
            }
            anyhow::Ok(connections)
        })?;
        Ok(Self { runtime, connections, requests: Arc::new(paths.iter().map(request).collect()) })
    }

    /// Visits each path once.
    pub fn visit_all(&mut self) -> Result<Visits> {
        self.visit((0..self.requests.len()).collect(), Duration::ZERO)
    }

    /// Visits these paths, by their places, over and over for a while, but once at least. Each connection has some to itself.
    pub fn visit(&mut self, places: Vec<usize>, while_: Duration) -> Result<Visits> {
        let (count, places) = (self.connections.len(), Arc::new(places));
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for (first, mut connection) in self.connections.drain(..).enumerate() {
            let (requests, places) = (Arc::clone(&self.requests), Arc::clone(&places));
            let visits = async move {
                let (mut times_us, mut refused) = (Vec::new(), Vec::new());
                loop {
                    for &place in places.iter().skip(first).step_by(count) {
                        let sent = Instant::now();
                        if connection.get(&requests[place]).await? != *b"200" {
                            refused.push(place);
                        }
                        times_us.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                    }
                    if began.elapsed() >= while_ || times_us.is_empty() {
                        return anyhow::Ok((connection, times_us, refused));
                    }
                }
            };
            tasks.spawn_on(visits, self.runtime.handle());
        }
        let done = self.runtime.block_on(async { tokio::time::timeout(while_ + PATIENCE, tasks.join_all()).await });
        let took = began.elapsed();
        let mut visits = Visits { took, times_us: Vec::new(), refused: Vec::new() };
        for done in done.context("visits take too long")? {
            let (connection, times_us, refused) = done?;
            self.connections.push(connection);
            visits.times_us.extend(times_us);
            visits.refused.extend(refused);
        }
        visits.times_us.sort_unstable();
        Ok(visits)
    }
}

struct Connection {
    stream: TcpStream,
    arrived: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, arrived: Vec::with_capacity(4096) })
    }

    /// Sends a request, reads its whole answer, and returns the status.
    async fn get(&mut self, request: &[u8]) -> Result<[u8; 3]> {
        self.stream.write_all(request).await?;
        self.arrived.clear();
        let mut end = None;
        while end.is_none_or(|end| self.arrived.len() < end) {
            ensure!(self.stream.read_buf(&mut self.arrived).await? > 0, "the server hung up");
            if end.is_none() {
                end = end_of(&self.arrived)?;
            }
        }
        self.arrived.get(9..12).and_then(|status| status.try_into().ok()).context("an answer without a status")
    }
}

/// Returns where an answer ends; `None` while its head is not complete.
fn end_of(arrived: &[u8]) -> Result<Option<usize>> {
    const LENGTH: &[u8] = b"content-length: ";
    let Some(head) = memmem::find(arrived, b"\r\n\r\n") else { return Ok(None) };
    let mut lines = memmem::find_iter(&arrived[..head], b"\r\n").map(|end| &arrived[end + 2..head]);
    let is_length = |line: &&[u8]| line.get(..LENGTH.len()).is_some_and(|name| name.eq_ignore_ascii_case(LENGTH));
    let Some(line) = lines.find(is_length) else { bail!("an answer without a length") };
    let digits = line[LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    Ok(Some(head + 4 + digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))))
}
