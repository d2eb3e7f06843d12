//! The peer of agents: workerd with a Durable Object for each path, in `bench/workerd`.

use crate::machine;
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running workerd; killed when it is dropped.
pub struct Workerd {
    child: Child,
    pub address: SocketAddr,
}

impl Workerd {
    /// Starts what a directory has, with an empty memory.
    pub fn start(directory: &Path, log: &Path) -> Result<Self> {
        let Some(program) = program(directory) else {
            bail!("no workerd in {}; scripts/install-test-tools.sh installs it", directory.display());
        };
        // Free now, and hardly taken in the next moment.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(program);
        command.arg("serve").arg(directory.join("config.capnp")).arg(format!("--socket-addr=http={address}"));
        let log_file = File::create(log)?;
        let child = command.stdin(Stdio::null()).stdout(log_file.try_clone()?).stderr(log_file).spawn();
        let mut workerd = Self { child: child.context("cannot run workerd")?, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = workerd.child.try_wait()? {
                bail!("workerd ended ({status}): {}", fs::read_to_string(log)?);
            }
            if Instant::now() > deadline {
                bail!("workerd does not listen");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(workerd)
    }

    /// Returns what it is.
    pub fn about(directory: &Path) -> String {
        let version = program(directory).map(|program| machine::said(&program.to_string_lossy(), &["--version"]));
        format!("{}; Durable Objects, in memory", version.unwrap_or_else(|| "no workerd".to_owned()))
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds the program itself, and not the script that npm has start it, which outlives no kill.
fn program(directory: &Path) -> Option<PathBuf> {
    let packages = fs::read_dir(directory.join("node_modules/@cloudflare")).ok()?;
    packages.flatten().map(|package| package.path().join("bin/workerd")).find(|program| program.exists())
}
