//! The peer of the fan-out: nginx with nchan, which keeps messages in memory and has a channel for them.

use crate::machine;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Where Debian puts the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// Where messages are sent, and where they are read.
pub const PUBLISH: &str = "/publish";
pub const SUBSCRIBE: &str = "/subscribe";

/// One worker for each core, each with a socket of its own so that readers are spread evenly; no log of requests; room
/// in the channel for more than ever waits, so that nobody misses a message.
const CONFIGURATION: &str = r"
load_module MODULE;
daemon off;
pid nginx.pid;
error_log error.log warn;
worker_processes auto;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  nchan_shared_memory_size 512M;
  server {
    listen ADDRESS reuseport backlog=4096;
    location = PUBLISH {
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 4000;
      nchan_message_timeout 5m;
    }
    location = SUBSCRIBE {
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
      nchan_subscriber_timeout 0;
    }
  }
}
";

/// A running nginx; stopped when it is dropped.
pub struct Nchan {
    child: Child,
    pub address: SocketAddr,
}

impl Nchan {
    /// Starts nginx with a configuration of its own in a directory.
    pub fn start(directory: &Path) -> Result<Self> {
        let Some(program) = program().filter(|_| Path::new(MODULE).exists()) else {
            bail!("no nginx with nchan here; scripts/install-test-tools.sh installs it");
        };
        // Of an absolute path, because nginx takes others for parts of its own prefix.
        fs::create_dir_all(directory)?;
        let directory = directory.canonicalize()?;
        // Free now, and hardly taken in the next moment.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let words =
            [("MODULE", MODULE), ("ADDRESS", &address.to_string()), ("PUBLISH", PUBLISH), ("SUBSCRIBE", SUBSCRIBE)];
        let configuration =
            words.iter().fold(CONFIGURATION.to_owned(), |text, (word, value)| text.replace(word, value));
        let file = directory.join("nginx.conf");
        fs::write(&file, configuration)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(&directory).arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let mut nchan = Self { child: command.spawn().context("cannot run nginx")?, address };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = nchan.child.try_wait()? {
                let errors = fs::read_to_string(directory.join("error.log")).unwrap_or_default();
                bail!("nginx ended ({status}): {errors}");
            }
            if Instant::now() > deadline {
                bail!("nginx does not listen");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(nchan)
    }

    /// Returns the processor time of nginx and its workers.
    pub fn processor_s(&self) -> f64 {
        machine::processor_s(self.child.id())
    }

    /// Returns what it is.
    pub fn about() -> String {
        let version = program().map_or_else(|| "none".into(), |nginx| machine::said(&nginx.to_string_lossy(), &["-v"]));
        let package = machine::said("dpkg-query", &["-W", "-f", "${Package} ${Version}", "libnginx-mod-nchan"]);
        format!("{version}; {package}; worker_processes auto, reuseport, messages in memory, no access log")
    }
}

/// Finds nginx, which Debian keeps off the PATH of ordinary users.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    directories.map(|directory| directory.join("nginx")).find(|program| program.exists())
}

impl Drop for Nchan {
    fn drop(&mut self) {
        // The workers end with their master only if it is asked.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
