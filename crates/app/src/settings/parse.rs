//! From the text of a setting to its value.

use ipnet::IpNet;
use std::{collections::HashMap, fmt, net::SocketAddr, path::PathBuf, str::FromStr};
use tracing_subscriber::filter::Targets;
use url::Url;

/// Why a text is no value.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong, as a sentence without a full stop.
    pub what: String,
    /// What to write.
    pub fix: String,
}

/// A value, or why there is none.
pub type Parsed<T> = Result<T, Invalid>;

fn invalid<T>(what: impl Into<String>, fix: impl Into<String>) -> Parsed<T> {
    Err(Invalid { what: what.into(), fix: fix.into() })
}

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The file in the data directory.
    Sqlite,
    /// A PostgreSQL database.
    Postgres(Url),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Database {
    /// Writes the URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => f.write_str("sqlite"),
            Self::Postgres(url) => f.write_str(&without_password(url.as_str())),
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For reading.
    People,
    /// For programs.
    Json,
}

/// Reads where to listen.
pub fn address(text: &str) -> Parsed<SocketAddr> {
    const FIX: &str = "write ADDRESS:PORT, for example 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    if text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()) {
        return invalid("the address before the port is missing", format!("write 0.0.0.0{text} for all addresses"));
    }
    if text.parse::<std::net::IpAddr>().is_ok() {
        return invalid("the port is missing", FIX);
    }
    invalid("it is not an address with a port", FIX)
}

/// Reads the path of a directory, which need not be there yet.
pub fn directory(text: &str) -> Parsed<PathBuf> {
    let path = PathBuf::from(text);
    if text.is_empty() {
        return invalid("it is empty", "write the path of a directory");
    }
    if path.exists() && !path.is_dir() {
        return invalid("it is not a directory", "name a directory, or one that can be made");
    }
    Ok(path)
}

/// Reads the path of a file that can be read.
pub fn readable_file(text: &str) -> Parsed<PathBuf> {
    match std::fs::File::open(text).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_file() => Ok(PathBuf::from(text)),
        Ok(_) => invalid("it is not a file", "name a PEM file"),
        Err(error) => invalid(format!("the file cannot be read: {error}"), "name a PEM file that the server may read"),
    }
}

/// Reads `sqlite` or the URL of a PostgreSQL database.
pub fn database(text: &str) -> Parsed<Database> {
    const FIX: &str = "write sqlite, or postgres://user:password@host:5432/database";
    if text == "sqlite" {
        return Ok(Database::Sqlite);
    }
    if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
        return invalid("it is neither sqlite nor the URL of a PostgreSQL database", FIX);
    }
    match Url::parse(text) {
        Ok(url) if url.path().len() > 1 => Ok(Database::Postgres(url)),
        Ok(_) => invalid("the URL does not name a database", FIX),
        Err(error) => invalid(
            format!("the URL is wrong: {error}"),
            format!("{FIX}; in a password write %40 for @, %2F for /, %3A for : and %25 for %"),
        ),
    }
}

/// Reads a URL of scheme, host and port only.
pub fn base_url(text: &str) -> Parsed<String> {
    const FIX: &str = "write scheme, host and perhaps a port, for example https://imp.example.com";
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return invalid(format!("it is not a URL: {error}"), FIX),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("its scheme is neither http nor https", FIX);
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return invalid("it has more than scheme, host and port", FIX);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("it holds a user name or a password", FIX);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Returns a base URL at the port after its own.
pub fn next_port(base_url: &str) -> String {
    let mut url = Url::parse(base_url).expect("base URLs were checked or made from an address");
    let port = url.port_or_known_default().unwrap_or(80);
    let _ = url.set_port(Some(port.checked_add(1).unwrap_or(port - 1)));
    url.as_str().trim_end_matches('/').to_owned()
}

/// Reads networks or single addresses, separated by commas.
pub fn networks(text: &str) -> Parsed<Vec<IpNet>> {
    let mut networks = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let network = item
            .parse::<IpNet>()
            .ok()
            .or_else(|| item.parse().ok().map(|address| IpNet::new_assert(address, full(address))));
        match network {
            Some(network) => networks.push(network),
            None => {
                return invalid(
                    format!("{item:?} is neither a network nor an address"),
                    "write networks as 10.0.0.0/8 or 2001:db8::/32, addresses as 127.0.0.1, separated by commas",
                );
            }
        }
    }
    Ok(networks)
}

/// Networks for all, and those of single accounts, by their user names in small letters.
pub type AllowedNetworks = (Vec<IpNet>, HashMap<String, Vec<IpNet>>);

/// Reads networks, some of them with the user name of the one account that they are for: `10.0.0.0/8, ann=127.0.0.1`.
pub fn networks_of_accounts(text: &str) -> Parsed<AllowedNetworks> {
    let (mut of_all, mut of_accounts) = (Vec::new(), HashMap::<String, Vec<IpNet>>::new());
    for item in text.split(',') {
        match item.split_once('=') {
            Some((account, network)) if !account.trim().is_empty() => {
                let account = account.trim().to_ascii_lowercase();
                of_accounts.entry(account).or_default().extend(networks(network)?);
            }
            _ => of_all.extend(networks(item)?),
        }
    }
    Ok((of_all, of_accounts))
}

fn full(address: std::net::IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Reads a whole number of a range.
pub fn integer<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Parsed<T> {
    let fix = format!("write a whole number from {least} to {most}");
    match text.parse::<u64>() {
        Ok(number) if (least..=most).contains(&number) => match T::try_from(number) {
            Ok(number) => Ok(number),
            Err(_) => invalid("it is out of range", fix),
        },
        Ok(_) => invalid("it is out of range", fix),
        Err(_) => invalid("it is not a whole number", fix),
    }
}

/// Reads a number above zero.
pub fn rate(text: &str) -> Parsed<f64> {
    match f64::from_str(text) {
        Ok(rate) if rate > 0.0 && rate <= 1e9 => Ok(rate),
        Ok(_) => invalid("it is out of range", "write a number above 0 and up to 1000000000"),
        Err(_) => invalid("it is not a number", "write a number above 0, for example 400 or 0.5"),
    }
}

/// Reads yes or no.
pub fn boolean(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => invalid("it is neither true nor false", "write true or false"),
    }
}

/// Reads how log lines are written.
pub fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "people" => Ok(LogFormat::People),
        "json" => Ok(LogFormat::Json),
        _ => invalid("there is no such format", "write people or json"),
    }
}

/// Reads what is logged.
pub fn log_level(text: &str) -> Parsed<Targets> {
    let known = |level: &str| {
        ["error", "warn", "info", "debug", "trace", "off"].iter().any(|known| level.eq_ignore_ascii_case(known))
    };
    // Without this check a misspelt level would pass as the name of a part.
    let levels = text.split(',').map(|item| item.rsplit_once('=').map_or(item, |(_, level)| level).trim());
    match (levels.into_iter().all(known), text.parse()) {
        (true, Ok(targets)) => Ok(targets),
        _ => invalid(
            "there is no such level",
            "write error, warn, info, debug, trace or off, and perhaps parts, for example info,impstead::access=off",
        ),
    }
}

/// Returns text in which the password of a database URL is replaced.
pub fn without_password(text: &str) -> String {
    if !text.contains("://") {
        return text.to_owned();
    }
    match Url::parse(text) {
        Ok(url) if url.password().is_none() && !url.query_pairs().any(|(name, _)| name == "password") => {
            text.to_owned()
        }
        Ok(mut url) => {
            if url.password().is_some() {
                let _ = url.set_password(Some("***"));
            }
            if url.query().is_some() {
                url.set_query(Some("***"));
            }
            url.to_string()
        }
        // Where a password begins and ends in a broken URL is anybody's guess.
        Err(_) => format!("{}://***", text.split("://").next().unwrap_or_default()),
    }
}
