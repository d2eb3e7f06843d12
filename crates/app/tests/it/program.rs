//! Runs the program.

use impstead_testkit::{Backend, Client, Database, backends};
use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a test once for each database.
pub async fn on_each(test: impl AsyncFn(World)) {
    for backend in backends() {
        test(World::new(backend)).await;
    }
}

/// A data directory and a database.
pub struct World {
    pub database: Database,
    directory: TempDir,
}

/// What came of a command.
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Asserts success, and returns standard output.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        &self.stdout
    }

    /// Asserts failure with a code, and returns standard error.
    #[track_caller]
    pub fn fails(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        &self.stderr
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self {
            code: output.status.code().expect("the program was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Makes a command without the settings of whoever runs the tests.
pub fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_impstead"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IMPSTEAD_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str], stdin: &str) -> Outcome {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().expect("the program starts");
    // A program that does not read its standard input may be gone already.
    let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program ends").into()
}

impl World {
    pub fn new(backend: Backend) -> Self {
        Self { database: Database::create(backend), directory: tempfile::tempdir().expect("there is room") }
    }

    /// The data directory, which the program makes.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A path outside the data directory.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs a command on the data, which knows where they are as the server does.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Outcome {
        let (data, url) = (self.data(), self.database.url());
        let place = ["--data", path(&data), "--database", &url];
        run(&[arguments, &place].concat(), stdin)
    }

    /// Runs a command that knows the data directory only, and so needs a running server on PostgreSQL.
    pub fn run_by_directory(&self, arguments: &[&str]) -> Outcome {
        run(&[arguments, &["--data", path(&self.data())]].concat(), "")
    }

    pub fn create_account(&self, username: &str, password: &str) {
        let email = format!("{username}@example.net");
        let arguments = ["account", "create", "--username", username, "--email", &email, "--password-stdin"];
        self.run_with(&arguments, password).ok();
    }

    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, arguments: &[&str]) -> Server {
        let (data, url) = (self.data(), self.database.url());
        let all = ["serve", "--listen", "127.0.0.1:0", "--data", path(&data), "--database", &url];
        Server::start(&[&all[..], arguments].concat())
    }
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("temporary directories have plain names")
}

/// A running `impstead serve`.
pub struct Server {
    child: Child,
    lines: mpsc::Receiver<String>,
    errors: mpsc::Receiver<String>,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().expect("the program starts");
        let lines = lines_of(child.stdout.take().expect("it is piped"));
        let errors = lines_of(child.stderr.take().expect("it is piped"));
        let Ok(line) = lines.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("the server does not listen: {}", errors.iter().collect::<Vec<_>>().join("\n"));
        };
        let address = line.split("://").nth(1).and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("not an address: {line}"));
        assert!(line.starts_with("listening on http"), "{line}");
        Self { child, lines, errors, address }
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Returns the next line of standard output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("there is another line")
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("there is a kill").success());
    }

    /// Waits for its end. Returns its exit code (`None` where a signal ended it) and what it logged.
    pub fn wait(&mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                break status.code();
            }
            assert!(began.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        (code, self.errors.iter().collect::<Vec<_>>().join("\n"))
    }

    /// Ends the server as an init system would, asserts a clean exit, and returns what it logged.
    pub fn stop(mut self) -> String {
        self.signal("-TERM");
        let (code, log) = self.wait();
        assert_eq!(code, Some(0), "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    received
}
