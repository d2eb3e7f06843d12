//! A server to measure or to kill: its data, its process, and a way to sign in.

use crate::http::Client;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const USER: &str = "bench";
const PASSWORD: &str = "bench-password-of-no-worth";

/// Settings beyond the defaults, as environment variables: the throttle out of the way, and tokens that outlive a run.
pub const SETTINGS: &[(&str, &str)] = &[
    ("IMPSTEAD_RATE_LIMIT_BUCKET", "1000000000"),
    ("IMPSTEAD_RATE_LIMIT_REFILL_PER_S", "1000000000"),
    ("IMPSTEAD_ACCESS_TOKEN_LIFE_S", "86400"),
];

/// Where a server keeps its data.
pub struct Site {
    binary: PathBuf,
    directory: PathBuf,
    /// URL of a PostgreSQL database; none for SQLite.
    postgres: Option<String>,
}

impl Site {
    /// Makes a site with one account, whose quotas nothing here reaches.
    pub fn create(binary: &Path, directory: PathBuf, postgres: Option<String>) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        let site = Self { binary: binary.to_owned(), directory, postgres };
        let create = ["account", "create", "--username", USER, "--email", "bench@example.com", "--password-stdin"];
        site.operate(&create, PASSWORD)?;
        let most = u32::MAX.to_string();
        let mut quota = vec!["admin", "account", "set-quota", USER];
        for what in ["--products", "--device-groups", "--deployments", "--devices"] {
            quota.extend([what, &most]);
        }
        site.operate(&quota, "")?;
        Ok(site)
    }

    /// Returns the path of the SQLite file.
    pub fn sqlite_file(&self) -> PathBuf {
        self.directory.join("impstead.db")
    }

    /// Adds devices to the account and returns their ids.
    pub fn add_devices(&self, count: usize) -> Result<Vec<String>> {
        let lines = self.operate(&["device", "add", "--owner", USER, "--count", &count.to_string()], "")?;
        let id = |line: &str| -> Result<String> {
            let device: Value = serde_json::from_str(line)?;
            Ok(device["id"].as_str().with_context(|| format!("no id in {line}"))?.to_owned())
        };
        lines.lines().map(id).collect()
    }

    /// Starts the server and waits until it listens. Its log goes to a file beside the data.
    pub fn start(&self) -> Result<Running> {
        Running::wait_for(self.spawn()?).context("the server does not start; see its log beside the data")
    }

    /// Starts the server without waiting.
    pub fn spawn(&self) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.directory.join("server.log"))?;
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().context("cannot run the server")
    }

    /// Runs one of the operator's commands and returns what it prints.
    fn operate(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "impstead {} failed: {errors}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("IMPSTEAD_")) {
            command.env_remove(name);
        }
        command.args(arguments).env("IMPSTEAD_DATA", &self.directory).envs(SETTINGS.iter().copied());
        if let Some(url) = &self.postgres {
            command.env("IMPSTEAD_DATABASE", url);
        }
        command
    }
}

/// A process that listens; killed when it is dropped.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Running {
    /// Waits until a process says "listening on URL" on its standard output.
    pub fn wait_for(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let _ = child.kill();
            bail!("expected `listening on`, got `{}` ({})", line.trim(), child.wait()?);
        };
        Ok(Self { address: address.parse()?, child })
    }

    /// Signs the account in and returns a client with its token.
    pub fn sign_in(&self) -> Result<Client> {
        let mut client = Client::new(self.address);
        let credentials = json!({ "id": USER, "password": PASSWORD });
        let tokens = client.send("POST", "/v5/auth", Some(&credentials))?.expect(200)?;
        tokens["access_token"].as_str().context("no access token")?.clone_into(&mut client.token);
        Ok(client)
    }

    /// Returns how much of the process is in memory, in kibibytes.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
