//! A server to measure or to kill: its data, its process, and a way to sign in.

use crate::{http::Client, machine};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
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
    /// Settings of this site beyond [`SETTINGS`], as environment variables.
    settings: Vec<(&'static str, String)>,
}

/// A device that was added.
#[derive(Serialize, Deserialize)]
pub struct Added {
    pub id: String,
    /// Its Ed25519 seed in hexadecimal.
    pub secret: String,
}

impl Site {
    /// Makes a site with one account, whose quotas nothing here reaches.
    pub fn create(binary: &Path, directory: PathBuf, postgres: Option<String>) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        let site = Self { binary: binary.to_owned(), directory, postgres, settings: Vec::new() };
        site.add_account(USER)?;
        Ok(site)
    }

    /// Adds an account, whose quotas nothing here reaches either.
    pub fn add_account(&self, name: &str) -> Result<()> {
        let email = format!("{name}@example.com");
        self.operate(&["account", "create", "--username", name, "--email", &email, "--password-stdin"], PASSWORD)?;
        let most = u32::MAX.to_string();
        let mut quota = vec!["admin", "account", "set-quota", name];
        for what in ["--products", "--device-groups", "--deployments", "--devices"] {
            quota.extend([what, &most]);
        }
        self.operate(&quota, "")?;
        Ok(())
    }

    /// Starts servers of this site with one more setting from now on.
    pub fn set(&mut self, name: &'static str, value: impl ToString) {
        self.settings.retain(|(other, _)| *other != name);
        self.settings.push((name, value.to_string()));
    }

    /// Says which settings there are beyond those of every site.
    pub fn settings(&self) -> String {
        self.settings.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    /// Returns the directory of the data.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the path of the SQLite file.
    pub fn sqlite_file(&self) -> PathBuf {
        self.directory.join("impstead.db")
    }

    /// Adds devices to the account and returns their ids.
    pub fn add_devices(&self, count: usize) -> Result<Vec<String>> {
        Ok(self.add_devices_of(USER, count)?.into_iter().map(|device| device.id).collect())
    }

    /// Adds devices to one of the accounts.
    pub fn add_devices_of(&self, owner: &str, count: usize) -> Result<Vec<Added>> {
        let lines = self.operate(&["device", "add", "--owner", owner, "--count", &count.to_string()], "")?;
        lines.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }

    /// Starts the server and waits until it listens. Its log goes to a file beside the data.
    pub fn start(&self) -> Result<Running> {
        self.start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts the server at an address, such as that of its predecessor.
    pub fn start_at(&self, address: SocketAddr) -> Result<Running> {
        Running::wait_for(self.spawn_at(address)?).context("the server does not start; see its log beside the data")
    }

    /// Starts the server without waiting.
    pub fn spawn(&self) -> Result<Child> {
        self.spawn_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    fn spawn_at(&self, address: SocketAddr) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.directory.join("server.log"))?;
        let mut command = self.command(&["serve", "--listen", &address.to_string(), "--agent-listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().context("cannot run the server")
    }

    /// Starts virtual imps, in a process of their own, which keep nothing.
    pub fn start_imps(&self, server: &Running, devices: &[Added]) -> Result<Imps> {
        let file = self.directory.join("imps.json");
        let mut lines = String::new();
        for device in devices {
            lines += &serde_json::to_string(device)?;
            lines.push('\n');
        }
        fs::write(&file, lines)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        let mut command = self.command(&["imp", "--server", &format!("http://{}", server.address), "--ids"]);
        let log = File::options().create(true).append(true).open(self.directory.join("imps.log"))?;
        command.arg(file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().context("cannot run the imps")?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Until the imps end, or nobody listens.
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Imps { child, lines })
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
        command.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        if let Some(url) = &self.postgres {
            command.env("IMPSTEAD_DATABASE", url);
        }
        command
    }
}

/// A process of virtual imps; killed when it is dropped.
pub struct Imps {
    child: Child,
    /// What their programs log.
    lines: mpsc::Receiver<String>,
}

impl Imps {
    /// Waits until so many lines of their logs hold a text, and returns the last of them.
    pub fn wait_for(&mut self, text: &str, mut count: usize, patience: Duration) -> Result<String> {
        let since = Instant::now();
        loop {
            let left = patience.saturating_sub(since.elapsed());
            let line = self.lines.recv_timeout(left).with_context(|| format!("{count} times no `{text}`"))?;
            count -= usize::from(line.contains(text));
            if count == 0 {
                return Ok(line);
            }
        }
    }

    /// Returns how much of the process is in memory, in kibibytes.
    pub fn resident_kib(&self) -> Result<u64> {
        resident_kib(self.child.id())
    }

    /// Returns the processor time that it has had.
    pub fn processor_s(&self) -> f64 {
        machine::processor_s(self.child.id())
    }
}

impl Drop for Imps {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
        let url = line.trim().strip_prefix("listening on ");
        let Some(address) = url.and_then(|url| url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")))
        else {
            let _ = child.kill();
            bail!("expected `listening on`, got `{}` ({})", line.trim(), child.wait()?);
        };
        Ok(Self { address: address.parse()?, child })
    }

    /// Signs the account in and returns a client with its token.
    pub fn sign_in(&self) -> Result<Client> {
        self.sign_in_as(USER)
    }

    /// Signs one of the accounts in.
    pub fn sign_in_as(&self, account: &str) -> Result<Client> {
        let mut client = Client::new(self.address);
        let credentials = json!({ "id": account, "password": PASSWORD });
        let tokens = client.send("POST", "/v5/auth", Some(&credentials))?.expect(200)?;
        tokens["access_token"].as_str().context("no access token")?.clone_into(&mut client.token);
        Ok(client)
    }

    /// Returns how much of the process is in memory, in kibibytes.
    pub fn resident_kib(&self) -> Result<u64> {
        resident_kib(self.child.id())
    }

    /// Returns how much of the process is in memory and its own, and its part of what it shares, in kibibytes.
    pub fn proportional_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }

    /// Returns the processor time that the process and its children have had.
    pub fn processor_s(&self) -> f64 {
        machine::processor_s(self.child.id())
    }

    /// Asks the server to stop, as an operator does, and waits until it has.
    pub fn stop(mut self) -> Result<Duration> {
        let began = Instant::now();
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server did not stop in order: {status}");
        Ok(began.elapsed())
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

/// Returns how much of a process is in memory, in kibibytes.
fn resident_kib(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
