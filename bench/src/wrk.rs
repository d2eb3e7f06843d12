//! Load from `wrk`.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

/// Has wrk say what it counted in a form fit for programs.
const DONE: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration_us":%d,"median_us":%.1f,"p99_us":%.1f,"failures":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
"#;

/// Creates products, each with a name of its own.
const CREATE: &str = r#"
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init()
  prefix = os.getenv("BENCH_PREFIX") .. "-" .. number .. "-"
  count = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/vnd.api+json"
end
function request()
  count = count + 1
  return wrk.format(nil, nil, nil, '{"data":{"type":"product","attributes":{"name":"' .. prefix .. count .. '"}}}')
end
"#;

/// What one run of wrk counted.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Counted {
    requests: u64,
    duration_us: u64,
    /// Median time of a request, in microseconds.
    pub median_us: f64,
    /// Its 99th percentile.
    #[expect(dead_code, reason = "for people who read the raw output")]
    pub p99_us: f64,
    failures: u64,
}

impl Counted {
    /// Returns requests per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    pub fn per_s(self) -> f64 {
        self.requests as f64 / (self.duration_us as f64 / 1e6)
    }
}

/// How to run wrk: its scripts, and for how long.
pub struct Wrk {
    read: PathBuf,
    create: PathBuf,
    seconds: u32,
}

impl Wrk {
    /// Writes the scripts into a directory.
    pub fn new(directory: &Path, seconds: u32) -> Result<Self> {
        let (read, create) = (directory.join("read.lua"), directory.join("create.lua"));
        fs::write(&read, DONE)?;
        fs::write(&create, format!("{CREATE}{DONE}"))?;
        Ok(Self { read, create, seconds })
    }

    /// Gets a path over and over.
    pub fn get(&self, address: SocketAddr, path: &str, token: &str, connections: u32) -> Result<Counted> {
        self.run(&self.read, address, path, token, connections, "")
    }

    /// Creates products whose names begin with a prefix never used before.
    pub fn create_products(&self, address: SocketAddr, token: &str, connections: u32, prefix: &str) -> Result<Counted> {
        self.run(&self.create, address, "/v5/products", token, connections, prefix)
    }

    fn run(
        &self,
        script: &Path,
        address: SocketAddr,
        path: &str,
        token: &str,
        connections: u32,
        prefix: &str,
    ) -> Result<Counted> {
        let output = Command::new("wrk")
            .args(["-t1", &format!("-c{connections}"), &format!("-d{}s", self.seconds), "--timeout=30s", "-s"])
            .arg(script)
            .args(["-H", &format!("Authorization: Bearer {token}"), &format!("http://{address}{path}")])
            .env("BENCH_PREFIX", prefix)
            .output()
            .context("cannot run wrk; scripts/install-test-tools.sh installs it")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        let counted: Counted = serde_json::from_str(last)
            .with_context(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        ensure!(counted.failures == 0, "{} requests of {path} failed", counted.failures);
        Ok(counted)
    }
}
