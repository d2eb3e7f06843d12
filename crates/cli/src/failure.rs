use crate::{
    Context, Exit, Options,
    output::text::{Paint, visible},
    profile::{Profile, login_command},
};
use impstead_client::{Error, ServiceError};
use std::{fmt::Write as _, io};

/// Why a command failed, in words for a person: what happened, why, and what to do next.
#[derive(Debug)]
pub struct Failure {
    message: String,
    causes: Vec<String>,
    hint: Hint,
    exit: Exit,
    /// The reader of our output has gone away, as in `impstead device list | head`.
    silent: bool,
}

#[derive(Debug)]
enum Hint {
    None,
    Text(String),
    SignIn,
    /// What is wrong may be the profile's endpoint, which is filled in for `{endpoint}`.
    Endpoint(&'static str),
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: Hint::None, exit: Exit::Failure, silent: false }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    pub fn usage_because(message: impl Into<String>, cause: &dyn std::error::Error) -> Self {
        Self { exit: Exit::Usage, ..Self::because(message, cause) }
    }

    pub fn because(message: impl Into<String>, cause: &dyn std::error::Error) -> Self {
        Self { causes: chain(Some(cause)), ..Self::new(message) }
    }

    /// Says what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Hint::Text(hint.into());
        self
    }

    pub fn hint_sign_in(mut self) -> Self {
        self.hint = Hint::SignIn;
        self
    }

    fn hint_endpoint(mut self, hint: &'static str) -> Self {
        self.hint = Hint::Endpoint(hint);
        self
    }

    /// Adds a line below the message.
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.causes.push(line.into());
        self
    }

    pub fn report(self, options: &Options, context: &mut Context) -> Exit {
        if self.silent {
            return Exit::Ok;
        }
        let paint = Paint::stderr(&context.environment);
        let mut text = format!("{} {}\n", paint.error("error:"), visible(&self.message));
        for line in self.causes.iter().flat_map(|cause| cause.lines()) {
            let _ = writeln!(text, "  {}", visible(line));
        }
        let hint = match self.hint {
            Hint::None => None,
            Hint::Text(hint) => Some(hint),
            Hint::SignIn => Some(format!("Run `{}`.", login_command(options, &context.environment))),
            Hint::Endpoint(hint) => Some(hint.replace("{endpoint}", &endpoint(options, context))),
        };
        if let Some(hint) = hint {
            let _ = writeln!(text, "{}", visible(&hint));
        }
        // Nothing is left to tell anyone if standard error is gone, too.
        let _ = context.stderr.write_all(text.as_bytes()).and_then(|()| context.stderr.flush());
        self.exit
    }
}

/// The endpoint of the profile in use, as far as there is one.
fn endpoint(options: &Options, context: &Context) -> String {
    let settings = Profile::choose(options, &context.environment).and_then(|profile| profile.settings());
    settings.ok().flatten().map_or_else(|| "the endpoint".to_owned(), |settings| settings.endpoint)
}

fn chain(mut cause: Option<&dyn std::error::Error>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some layers repeat what the next one says.
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        cause = error.source();
    }
    causes
}

impl From<io::Error> for Failure {
    /// A failure to write.
    fn from(error: io::Error) -> Self {
        let silent = error.kind() == io::ErrorKind::BrokenPipe;
        Self { silent, ..Self::because("cannot write", &error) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self { causes: chain(std::error::Error::source(&error)), ..Self::new(error.to_string()) };
        match &error {
            Error::NotSignedIn | Error::SignInAgain | Error::Unauthorized(_) => failure.hint_sign_in(),
            Error::OtpRequired(_) => failure.hint("Sign in again with `--otp CODE`."),
            Error::RateLimited { retry_after, .. } => match retry_after {
                Some(wait) => failure.hint(format!("Try again in {} s.", wait.as_secs().max(1))),
                None => failure.hint("Try again in a while."),
            },
            Error::Transport { timed_out: true, .. } => failure.hint("Try again; the service may be slow or down."),
            Error::Transport { .. } if failure.causes.iter().any(|cause| cause.contains("certificate")) => failure
                .hint("If the certificate is from a private authority, give the authority's own to `impstead login --ca-file FILE`."),
            Error::Transport { .. } => failure.hint_endpoint("Check that a service runs at {endpoint}."),
            Error::Decode { .. } => failure.hint_endpoint("Check that {endpoint} is an impCentral API v5 service."),
            Error::TokenStore(_) => failure.hint("Check the files of the profile, or sign in to another one."),
            Error::Service(error) if error.title() == "Duplicate Resource" => failure.hint("Choose another name."),
            Error::Service(error) if error.status() == 403 => {
                failure.hint("Ask the owner of the account for a role that may do this.")
            }
            Error::Service(error) if error.status() >= 500 => {
                failure.hint("Try again in a while; the operator's log says more.")
            }
            Error::Service(error) | Error::NotFound(error) if error.errors().len() > 1 => all_entries(failure, error),
            _ => failure,
        }
    }
}

/// Adds the errors after the first.
fn all_entries(failure: Failure, error: &ServiceError) -> Failure {
    error.errors()[1..]
        .iter()
        .fold(failure, |failure, entry| failure.line(format!("{}: {}", entry.title, entry.detail)))
}
