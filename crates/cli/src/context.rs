use impstead_client::RetryPolicy;
use std::{
    env,
    io::{self, IsTerminal, Read, Write},
    path::PathBuf,
};

/// What a command takes from the process that runs it.
pub struct Context {
    /// Where results go.
    pub stdout: Box<dyn Write + Send>,
    /// Where everything else goes.
    pub stderr: Box<dyn Write + Send>,
    /// Where answers come from.
    pub input: Box<dyn Input>,
    /// Facts about the process.
    pub environment: Environment,
    /// How stubborn requests are.
    pub retry: RetryPolicy,
}

/// Facts about the process.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one fact each")]
pub struct Environment {
    /// Where profiles are kept; `None` if the home directory is not known.
    pub config_dir: Option<PathBuf>,
    /// Where what the program remembers between runs is kept, such as what was typed; `None` if the home directory is not known.
    pub state_dir: Option<PathBuf>,
    /// The profile that `IMPSTEAD_PROFILE` names.
    pub profile: Option<String>,
    /// Whether someone may be asked for a password.
    pub stdin_is_terminal: bool,
    /// Whether results are read by a person.
    pub stdout_is_terminal: bool,
    /// Whether messages are read by a person.
    pub stderr_is_terminal: bool,
    /// Whether colours are unwanted on a terminal, too: `NO_COLOR` is set, or the terminal is a dumb one.
    pub no_color: bool,
    /// Width of the terminal, in cells.
    pub width: Option<usize>,
}

/// Answers from a person or from standard input.
pub trait Input: Send {
    /// Asks for a line that is shown while it is typed.
    fn line(&mut self, prompt: &str) -> io::Result<String>;

    /// Asks for a line that is not shown.
    fn secret(&mut self, prompt: &str) -> io::Result<String>;

    /// Reads standard input to its end.
    fn everything(&mut self) -> io::Result<String>;

    /// Reads standard input to its end, also where it is not UTF-8.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        self.everything().map(String::into_bytes)
    }
}

impl Context {
    /// Takes everything from this process: its streams, `IMPSTEAD_PROFILE`, `NO_COLOR`, `TERM`, and `XDG_CONFIG_HOME` and
    /// `XDG_STATE_HOME` or else `HOME`.
    pub fn of_process() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let home = |name, default: &str| {
            let given = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            given.or_else(|| Some(env::home_dir()?.join(default)))
        };
        let environment = Environment {
            config_dir: home("XDG_CONFIG_HOME", ".config").map(|path| path.join("impstead")),
            state_dir: home("XDG_STATE_HOME", ".local/state").map(|path| path.join("impstead")),
            profile: variable("IMPSTEAD_PROFILE").map(|name| name.to_string_lossy().into_owned()),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            no_color: variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb"),
            width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
        };
        Self {
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            input: Box::new(ProcessInput),
            environment,
            retry: RetryPolicy::default(),
        }
    }
}

struct ProcessInput;

impl Input for ProcessInput {
    fn line(&mut self, prompt: &str) -> io::Result<String> {
        eprint!("{prompt}");
        io::stderr().flush()?;
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn secret(&mut self, prompt: &str) -> io::Result<String> {
        rpassword::prompt_password(prompt)
    }

    fn everything(&mut self) -> io::Result<String> {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        Ok(text)
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
