//! Runs a command line against a scripted server and writes down what came of it.

use crate::scripted::{Received, Reply, Server};
use clap::Parser;
use impstead_cli::{
    ClientCommand, CompletionsArgs, Context, DeviceCommand, Environment, Exit, Input, Options, SquirrelCommand,
};
use impstead_client::RetryPolicy;
use std::{
    fmt::Write as _,
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A parser like that of the program.
#[derive(Parser)]
#[command(name = "impstead", version = "0.0.0", about = "Test program")]
struct Program {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    #[command(flatten)]
    Client(ClientCommand),
    /// Devices
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Squirrel programs
    #[command(subcommand)]
    Squirrel(SquirrelCommand),
    /// Write a completion script
    Completions(CompletionsArgs),
}

pub struct World {
    pub server: Server,
    pub directory: tempfile::TempDir,
    pub environment: Environment,
    pub stdin: String,
    pub answers: Vec<String>,
}

impl World {
    /// A server, and a config directory without any profile.
    pub fn new(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let environment = Environment { config_dir: Some(directory.path().join("config")), ..Environment::default() };
        Self { server: Server::start(script), directory, environment, stdin: String::new(), answers: Vec::new() }
    }

    /// A world whose default profile is signed in.
    pub fn signed_in(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let world = Self::new(move |request| match request.line().as_str() {
            "POST /v5/auth/token" => crate::service::tokens(),
            "GET /v5/accounts/me" if request.nth == 0 => crate::service::one(crate::service::account()),
            _ => script(request),
        });
        let url = world.server.url();
        let (exit, _, stderr) = world.execute(&["login", "--endpoint", &url, "--login-key", "k"]);
        assert_eq!(exit, Exit::Ok, "{stderr}");
        world
    }

    pub fn on_terminal(mut self, width: usize) -> Self {
        self.environment.stdin_is_terminal = true;
        self.environment.stdout_is_terminal = true;
        self.environment.stderr_is_terminal = true;
        self.environment.width = Some(width);
        self
    }

    pub fn config(&self, path: &str) -> PathBuf {
        self.directory.path().join("config").join(path)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, contents).unwrap();
        path.display().to_string()
    }

    /// Runs a command and describes what came of it, with the addresses and paths of this run made the same in all.
    pub fn run(&self, arguments: &[&str]) -> String {
        let (exit, stdout, stderr) = self.execute(arguments);
        let mut text = format!("$ impstead {}\nexit: {}\n", arguments.join(" "), exit as u8);
        for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
            if !stream.is_empty() {
                let end = if stream.ends_with('\n') { "" } else { "⏎\n" };
                let _ = write!(text, "--- {name}\n{stream}{end}");
            }
        }
        let text = text.replace('\r', "␍").replace('\x1b', "<ESC>");
        text.replace(&self.server.url(), "http://server").replace(&self.directory.path().display().to_string(), "DIR")
    }

    pub fn execute(&self, arguments: &[&str]) -> (Exit, String, String) {
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let program = match Program::try_parse_from(std::iter::once(&"impstead").chain(arguments)) {
            Ok(program) => program,
            Err(error) if error.use_stderr() => return (Exit::Usage, String::new(), error.to_string()),
            Err(error) => return (Exit::Ok, error.to_string(), String::new()),
        };
        let mut context = self.context(&stdout, &stderr);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let exit = runtime.block_on(async {
            match program.command {
                Command::Client(command) => impstead_cli::run(command, &program.options, &mut context).await,
                Command::Device(command) => impstead_cli::run_device(command, &program.options, &mut context).await,
                Command::Squirrel(command) => impstead_cli::run_squirrel(command, &program.options, &mut context),
                Command::Completions(arguments) => {
                    let program = <Program as clap::CommandFactory>::command();
                    impstead_cli::run_completions(&arguments, program, &mut context)
                }
            }
        });
        (exit, stdout.text(), stderr.text())
    }

    /// Runs a command of the client that does not end by itself, for as long as the returned future is polled.
    pub async fn follow(&self, arguments: &[&str], stdout: &Buffer, stderr: &Buffer) -> Exit {
        let options = Program::parse_from(std::iter::once(&"impstead").chain(arguments)).options;
        impstead_cli::run(Self::client_command(arguments), &options, &mut self.context(stdout, stderr)).await
    }

    /// Reads a command line of the client.
    pub fn client_command(arguments: &[&str]) -> ClientCommand {
        match Program::parse_from(std::iter::once(&"impstead").chain(arguments)).command {
            Command::Client(command) => command,
            _ => panic!("not a command of the client"),
        }
    }

    fn context(&self, stdout: &Buffer, stderr: &Buffer) -> Context {
        let mut answers = self.answers.clone();
        answers.reverse();
        Context {
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            input: Box::new(Answers { left: answers, stdin: self.stdin.clone(), stderr: stderr.clone() }),
            environment: self.environment.clone(),
            retry: RetryPolicy { first_wait: Duration::from_millis(1), ..RetryPolicy::default() },
        }
    }
}

#[derive(Clone, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A person who has the answers ready, last one first.
struct Answers {
    left: Vec<String>,
    stdin: String,
    stderr: Buffer,
}

impl Answers {
    fn answer(&mut self, prompt: &str) -> io::Result<String> {
        io::Write::write_all(&mut self.stderr, format!("{prompt}\n").as_bytes())?;
        self.left.pop().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Input for Answers {
    fn line(&mut self, prompt: &str) -> io::Result<String> {
        self.answer(prompt)
    }

    fn secret(&mut self, prompt: &str) -> io::Result<String> {
        self.answer(prompt)
    }

    fn everything(&mut self) -> io::Result<String> {
        Ok(std::mem::take(&mut self.stdin))
    }
}
