//! Settings: flags win over environment variables, those over the configuration file, and that over the defaults.

mod file;
mod flags;
mod parse;
mod problem;
mod reference;
mod table;

pub use flags::{DataFlags, Given, ServeFlags};
pub use parse::{Database, LogFormat};
pub use problem::{Origin, Problem, Problems};
pub use reference::default_file;

use impstead_server::{AgentConfig, Config, LogLimits, RateLimit, TrustedProxies};
use impstead_store::Location;
use parse::{Invalid, Parsed};
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};
use table::{CONFIG_VARIABLE, PREFIX, Setting, TABLE, setting};
use tracing_subscriber::filter::Targets;

/// The account that `--demo` makes.
const DEMO: &str = "demo";

/// Everything `serve` is told.
#[derive(Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to listen for requests to agents; `None` means the next port.
    pub agent_listen: Option<SocketAddr>,
    /// Where the data are.
    pub data: DataSettings,
    /// Under which URL clients reach the server; `None` means the address it listens on.
    pub public_url: Option<String>,
    /// Under which URL agents are reached; `None` means that it follows from the public one.
    pub agent_url: Option<String>,
    /// Files of the certificate chain and of its key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether to make the demo account.
    pub demo: bool,
    /// How many virtual imps it has at least.
    pub virtual_imps: u32,
    /// How to log.
    pub log_format: LogFormat,
    /// What to log.
    pub log_level: Targets,
    /// How long log entries of devices are kept.
    pub log_age: Duration,
    config: Config,
}

/// Where the data are.
#[derive(Clone, Debug)]
pub struct DataSettings {
    /// The data directory.
    pub directory: PathBuf,
    /// The database.
    pub database: Database,
    /// Whether somebody chose the database, rather than the default.
    pub database_was_chosen: bool,
    /// Connections to PostgreSQL.
    pub connections: usize,
    /// Where backups before migrations go.
    pub backups: PathBuf,
}

impl DataSettings {
    /// Returns where the store finds the data.
    pub fn location(&self) -> Location {
        match &self.database {
            Database::Sqlite => Location::Sqlite(self.directory.join("impstead.db")),
            Database::Postgres(url) => {
                Location::Postgres { url: url.as_str().to_owned(), connections: self.connections }
            }
        }
    }
}

impl Settings {
    /// Returns where to listen for requests to agents, now that the address for the API is known: at the next port, unless
    /// that was any free one.
    pub fn agent_address(&self, address: SocketAddr) -> SocketAddr {
        let port = if self.listen.port() == 0 { 0 } else { address.port().checked_add(1).unwrap_or(0) };
        self.agent_listen.unwrap_or(SocketAddr::new(address.ip(), port))
    }

    /// Returns the server's part of the settings, now that the addresses it listens on are known.
    pub fn server_config(&self, address: SocketAddr, agent_address: SocketAddr) -> Config {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", reachable(address)));
        let agent_url = self.agent_url.clone().unwrap_or_else(|| match self.public_url {
            Some(_) => parse::next_port(&public_url),
            None => format!("{scheme}://{}", reachable(agent_address)),
        });
        Config { public_url, agent_url, ..self.config.clone() }
    }
}

/// Returns an address at which the machine itself reaches the listener: loopback where it listens on all addresses.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What there is besides flags: the environment and the file system.
pub struct Surroundings {
    /// All environment variables; those that are not Unicode have replacement characters.
    pub variables: BTreeMap<String, String>,
    /// Reads a file.
    pub read_file: fn(&str) -> std::io::Result<String>,
}

impl Surroundings {
    /// The process's own.
    pub fn ambient() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            read_file: |path| std::fs::read_to_string(path),
        }
    }
}

/// Reads everything that `serve` is told. Returns it with warnings.
pub fn of_serve(ServeFlags(given): &ServeFlags, around: &Surroundings) -> Result<(Settings, Vec<String>), Problems> {
    let mut values = Values::gather(given, around);
    values.check_files_keys();
    let listen = values.parse("listen", parse::address);
    let agent_listen = values.parse_if_set("agent_listen", parse::address);
    let data = values.data();
    let public_url = values.parse_if_set("public_url", parse::base_url);
    let agent_url = values.parse_if_set("agent_url", parse::base_url);
    let tls_cert = values.parse_if_set("tls_cert", parse::readable_file);
    let tls_key = values.parse_if_set("tls_key", parse::readable_file);
    let trusted_proxies = values.parse("trusted_proxies", parse::networks);
    let outbound_allow = values.parse("outbound_allow", parse::networks_of_accounts);
    let bucket = values.parse("rate_limit_bucket", |text| parse::integer(text, 1, 1_000_000_000));
    let refill_per_s = values.parse("rate_limit_refill_per_s", parse::rate);
    let access_token_life_s: Option<u64> =
        values.parse("access_token_life_s", |text| parse::integer(text, 1, 31_536_000));
    let bind_tokens_to_address = values.parse("bind_tokens_to_address", parse::boolean);
    let public_metrics = values.parse("public_metrics", parse::boolean);
    let request_timeout_s: Option<u64> = values.parse("request_timeout_s", |text| parse::integer(text, 1, 86_400));
    let shutdown_grace_s: Option<u64> = values.parse("shutdown_grace_s", |text| parse::integer(text, 0, 86_400));
    let device_heartbeat_s = values.parse("device_heartbeat_s", |text| parse::integer(text, 10, 3600));
    let hibernate_after_s: Option<u64> =
        values.parse("agent_hibernate_after_s", |text| parse::integer(text, 0, 31_536_000));
    let continues = values.parse("agent_continue", parse::boolean);
    let away_days: Option<u64> = values.parse("agent_away_days", |text| parse::integer(text, 0, 36_500));
    let keep = values.parse("log_history_entries", |text| parse::integer(text, 1, 100_000));
    let log_history_days: Option<u32> = values.parse("log_history_days", |text| parse::integer(text, 1, 36_500));
    let burst = values.parse("log_burst", |text| parse::integer(text, 1, 1_000_000_000));
    let per_minute = values.parse("log_per_minute", |text| parse::integer(text, 1, 1_000_000_000));
    let request_burst = values.parse("agent_request_burst", |text| parse::integer(text, 1, 1_000_000_000));
    let requests_per_s = values.parse("agent_requests_per_s", parse::rate);
    let log_streams_per_account = values.parse("log_streams_per_account", |text| parse::integer(text, 1, 1_000_000));
    let log_stream_devices = values.parse("log_stream_devices", |text| parse::integer(text, 1, 10_000));
    let demo = values.parse("demo", parse::boolean);
    let virtual_imps = values.parse("virtual_imps", |text| parse::integer(text, 0, 100_000));
    let log_format = values.parse("log_format", parse::log_format);
    let log_level = values.parse("log_level", parse::log_level);
    values.check_pair("tls_cert", "tls_key");
    let (Some(tls_cert), Some(tls_key), Some(public_url), Some(agent_url), Some(agent_listen)) =
        (tls_cert, tls_key, public_url, agent_url, agent_listen)
    else {
        return Err(Problems(values.problems));
    };
    let tls = tls_cert.zip(tls_key);
    if values.problems.is_empty()
        && let Some(listen) = listen
    {
        values.warn_of_plain_text(listen, tls.is_some(), public_url.as_deref());
        values.warn_of_unknown_variables(&around.variables);
    }
    let Values { problems, warnings, .. } = values;
    let settings = (|| {
        let (outbound_allow, mut outbound_of_accounts) = outbound_allow?;
        if demo? {
            // So that its agents reach the API that they are shown with.
            let own = outbound_of_accounts.entry(DEMO.to_owned()).or_default();
            own.extend(parse::networks("127.0.0.0/8, ::1").unwrap_or_default());
        }
        Some(Settings {
            listen: listen?,
            agent_listen,
            data: data?,
            public_url,
            agent_url,
            tls,
            demo: demo?,
            virtual_imps: virtual_imps?,
            log_format: log_format?,
            log_level: log_level?,
            log_age: Duration::from_secs(86_400 * u64::from(log_history_days?)),
            config: Config {
                rate_limit: RateLimit { bucket: bucket?, refill_per_s: refill_per_s? },
                trusted_proxies: TrustedProxies(trusted_proxies?),
                outbound_allow,
                access_token_life: Duration::from_secs(access_token_life_s?),
                bind_tokens_to_address: bind_tokens_to_address?,
                public_metrics: public_metrics?,
                request_timeout: Duration::from_secs(request_timeout_s?),
                shutdown_grace: Duration::from_secs(shutdown_grace_s?),
                device_heartbeat_s: device_heartbeat_s?,
                agents: AgentConfig {
                    outbound_allow: outbound_of_accounts,
                    hibernate_after: unless_zero(hibernate_after_s?, 1),
                    continues: continues?,
                    away_limit: unless_zero(away_days?, 86_400),
                    request_burst: request_burst?,
                    requests_per_s: requests_per_s?,
                    ..AgentConfig::default()
                },
                log_limits: LogLimits { keep: keep?, burst: burst?, per_minute: per_minute? },
                log_streams_per_account: log_streams_per_account?,
                log_stream_devices: log_stream_devices?,
                ..Config::default()
            },
        })
    })();
    match settings {
        Some(settings) if problems.is_empty() => Ok((settings, warnings)),
        _ => Err(Problems(problems)),
    }
}

/// A time of so many units of so many seconds; none for zero, which means never.
fn unless_zero(count: u64, unit_s: u64) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(count * unit_s))
}

/// Writes the settings in force as a configuration file, each with where it comes from. Passwords are hidden.
pub fn in_force(flags: &ServeFlags, around: &Surroundings) -> Result<String, Problems> {
    of_serve(flags, around)?;
    let values = Values::gather(&flags.0, around);
    let mut file = String::new();
    for setting in &TABLE {
        let line = match values.text(setting) {
            Some((text, origin)) => {
                let value = reference::toml(setting.kind, &parse::without_password(&text));
                format!("{} = {value} # {origin}\n", setting.name)
            }
            None => format!("# {}: {}\n", setting.name, setting.otherwise),
        };
        file.push_str(&line);
    }
    Ok(file)
}

/// Reads where the data are, for commands on them. Other settings in the same file or environment are not looked at.
pub fn of_data(DataFlags(given): &DataFlags, around: &Surroundings) -> Result<DataSettings, Problems> {
    let mut values = Values::gather(given, around);
    match values.data() {
        Some(data) if values.problems.is_empty() => Ok(data),
        _ => Err(Problems(values.problems)),
    }
}

/// The texts of all settings, and what was found wrong with them so far.
struct Values {
    texts: BTreeMap<&'static str, (String, Origin)>,
    unknown_keys: Vec<Problem>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl Values {
    fn gather(given: &Given, around: &Surroundings) -> Self {
        let (mut texts, mut problems, mut unknown_keys) = (BTreeMap::new(), Vec::new(), Vec::new());
        let config = match &given.config {
            Some(path) => Some((path, Origin::Flag("--config".into()))),
            None => around
                .variables
                .get(CONFIG_VARIABLE)
                .filter(|path| !path.is_empty())
                .map(|path| (path, Origin::Environment(CONFIG_VARIABLE.into()))),
        };
        let mut in_file = BTreeMap::new();
        if let Some((path, origin)) = config {
            match (around.read_file)(path) {
                Ok(text) => {
                    let mut of_file = Vec::new();
                    in_file = file::read(path, &text, &mut of_file);
                    (problems, unknown_keys) = of_file.into_iter().partition(|problem| problem.setting.is_none());
                }
                Err(error) => problems.push(Problem {
                    setting: Some("config".into()),
                    origin,
                    value: Some(path.clone()),
                    what: format!("the file cannot be read: {error}"),
                    fix: "name a readable file; `impstead config > impstead.toml` makes one".into(),
                }),
            }
            for (name, file::Entry { text, line }) in in_file {
                texts.insert(name, (text, Origin::File { path: path.clone(), line }));
            }
        }
        for setting in &TABLE {
            let variable = setting.variable();
            // An empty variable is as good as none: that is how scripts and container files leave one out.
            if let Some(text) = around.variables.get(&variable).filter(|text| !text.is_empty()) {
                texts.insert(setting.name, (text.clone(), Origin::Environment(variable)));
            }
            if let Some(text) = given.values.get(setting.name) {
                texts.insert(setting.name, (text.clone(), Origin::Flag(setting.flag())));
            }
        }
        Self { texts, unknown_keys, problems, warnings: Vec::new() }
    }

    /// Counts unknown and mistyped keys of the file as problems.
    fn check_files_keys(&mut self) {
        self.problems.append(&mut self.unknown_keys);
    }

    fn text(&self, setting: &Setting) -> Option<(String, Origin)> {
        let default = || setting.default.map(|default| (default.to_owned(), Origin::Default));
        self.texts.get(setting.name).cloned().or_else(default)
    }

    /// Reads a setting that has a default or was set; `None` after noting what is wrong.
    fn parse<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Parsed<T>) -> Option<T> {
        let (text, origin) = self.text(setting(name)).expect("the setting has a default or was set");
        match parse(&text) {
            Ok(value) => Some(value),
            Err(Invalid { what, fix }) => {
                let value = if text.is_empty() { "nothing".into() } else { parse::without_password(&text) };
                self.problems.push(Problem { setting: Some(name.into()), origin, value: Some(value), what, fix });
                None
            }
        }
    }

    /// Reads a setting that may be missing: `Some(None)` then, and `None` after noting what is wrong.
    fn parse_if_set<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Parsed<T>) -> Option<Option<T>> {
        if self.texts.contains_key(name) { self.parse(name, parse).map(Some) } else { Some(None) }
    }

    fn data(&mut self) -> Option<DataSettings> {
        let directory = self.parse("data", parse::directory);
        let database = self.parse("database", parse::database);
        let connections: Option<u32> = self.parse("database_connections", |text| parse::integer(text, 1, 10_000));
        let backups = self.parse_if_set("backups", parse::directory);
        let directory = directory?;
        Some(DataSettings {
            backups: backups?.unwrap_or_else(|| directory.join("backups")),
            directory,
            database: database?,
            database_was_chosen: self.texts.contains_key("database"),
            connections: connections? as usize,
        })
    }

    fn check_pair(&mut self, one: &'static str, other: &'static str) {
        for (set, missing) in [(one, other), (other, one)] {
            if let Some((text, origin)) = self.texts.get(set)
                && !self.texts.contains_key(missing)
            {
                self.problems.push(Problem {
                    setting: Some(set.into()),
                    origin: origin.clone(),
                    value: Some(text.clone()),
                    what: format!("it is set and {missing} is not"),
                    fix: format!("set both or neither; the flag is {}", setting(missing).flag()),
                });
            }
        }
    }

    fn warn_of_plain_text(&mut self, listen: SocketAddr, tls: bool, public_url: Option<&str>) {
        let https = public_url.is_some_and(|url| url.starts_with("https://"));
        if !listen.ip().is_loopback() && !tls && !https {
            self.warnings.push(format!(
                "listening on {listen} without TLS: passwords and tokens travel in plain text; set tls_cert and \
                 tls_key, or put a proxy with TLS in front and set public_url to its https URL"
            ));
        }
        if listen.ip().is_unspecified() && public_url.is_none() {
            self.warnings
                .push("public_url is not set: links in answers name an address that works on this machine only".into());
        }
        if tls && public_url.is_some_and(|url| url.starts_with("http://")) {
            self.warnings.push("public_url begins with http:// although the server speaks TLS".into());
        }
    }

    fn warn_of_unknown_variables(&mut self, variables: &BTreeMap<String, String>) {
        let ours: Vec<String> = TABLE.iter().map(Setting::variable).chain([CONFIG_VARIABLE.to_owned()]).collect();
        for variable in variables.keys().filter(|name| name.starts_with(PREFIX) && !ours.contains(*name)) {
            if OF_OTHERS.contains(&variable.as_str()) {
                continue;
            }
            let fix = file::fix_of_unknown(variable, ours.iter().map(String::as_str));
            self.warnings.push(format!("the environment variable {variable} is unknown and ignored: {fix}"));
        }
    }
}

/// Environment variables with our prefix that are not settings of the server: the client commands' and the tests'.
const OF_OTHERS: [&str; 3] = ["IMPSTEAD_BIN", "IMPSTEAD_PROFILE", "IMPSTEAD_TEST_POSTGRES"];

#[cfg(test)]
mod tests;
