use crate::{
    Context, Options,
    failure::Failure,
    profile::{Profile, Settings, login_command},
};
use impstead_client::{Client, Error};
use std::fs;

/// A command at work: a signed-in client, and where to write.
pub struct Session<'a> {
    pub client: Client,
    pub profile: Profile,
    pub json: bool,
    pub context: &'a mut Context,
}

impl<'a> Session<'a> {
    /// Opens the chosen profile, which must exist. Asks the service nothing yet.
    pub fn open(options: &Options, context: &'a mut Context) -> Result<Self, Failure> {
        let profile = Profile::choose(options, &context.environment)?;
        let Some(settings) = profile.settings()? else {
            let login = login_command(options, &context.environment);
            let failure = Failure::new(format!("not signed in: there is no profile `{}`", profile.name))
                .hint(format!("Run `{login} --endpoint URL --user NAME`."));
            let others = profile.others();
            return Err(if others.is_empty() {
                failure
            } else {
                failure.line(format!("there are profiles named {}", others.join(", ")))
            });
        };
        let client = connect(&settings, &profile, context)?;
        Ok(Self { client, profile, json: options.json, context })
    }

    /// Writes a line of the result.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.context.stdout, "{line}")?)
    }

    /// Writes a line that is no part of the result.
    pub fn note(&mut self, line: &str) -> Result<(), Failure> {
        // In order, for those who see both streams at once.
        self.context.stdout.flush()?;
        Ok(writeln!(self.context.stderr, "{line}")?)
    }
}

/// Makes the client of a profile.
pub fn connect(settings: &Settings, profile: &Profile, context: &Context) -> Result<Client, Failure> {
    let mut builder = Client::builder(&settings.endpoint)
        .token_store(profile.token_store())
        .retry(context.retry.clone())
        .user_agent(concat!("impstead-cli/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(path) = &settings.ca_file {
        let pem =
            fs::read(path).map_err(|error| Failure::because(format!("cannot read {}", path.display()), &error))?;
        builder = builder.root_certificates(pem);
    }
    builder.build().map_err(|error| match error {
        Error::Settings { .. } => Failure::from(error).hint("Give a right one to `impstead login`."),
        error => error.into(),
    })
}
