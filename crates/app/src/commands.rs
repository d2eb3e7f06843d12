//! The operator's commands: from arguments to a request, and from answers to output.

use crate::{
    admin::{AccountRow, Answer, IfMissing, Progress, Request, ask, read_backup},
    block_on,
    cli::{
        AccountCommand, AdminAccountCommand, AdminCommand, BackupArgs, DeviceAddArgs, DeviceEnrolArgs, LibraryAddArgs,
        LibraryCommand, LibraryRemoveArgs, MigrateArgs, RestoreArgs,
    },
    directory::{added, create_private, sync_parent},
    settings::{self, DataFlags, DataSettings, Surroundings},
};
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use impstead_model::{Entropy, SystemEntropy, hex};
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

/// Prints text to standard output.
pub fn print(text: &str) -> Result<()> {
    let written = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    match written {
        // `impstead config | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// `account create`
pub fn account(AccountCommand::Create(arguments): AccountCommand) -> Result<()> {
    let settings = data_settings(&arguments.data)?;
    let (password, made) = password(arguments.password_stdin)?;
    let request = Request::CreateAccount {
        username: arguments.username,
        email: arguments.email,
        password: password.clone(),
        production: !arguments.no_production,
    };
    block_on(ask(&settings, request, IfMissing::Make, show))?;
    print_if_made(&password, made)
}

/// `device add`
pub fn add_devices(arguments: DeviceAddArgs) -> Result<()> {
    let DeviceAddArgs { owner, count, imp_type, mac_address, data } = arguments;
    ask_and_show(&data, Request::AddDevices { owner, count, imp_type, mac_address })
}

/// `device enrol`
pub fn enrol_device(arguments: DeviceEnrolArgs) -> Result<()> {
    let DeviceEnrolArgs { device, plan, token, fixture, data } = arguments;
    ask_and_show(&data, Request::EnrolDevice { device, plan, token, fixture })
}

/// `library …`
pub fn library(command: LibraryCommand, json: bool) -> Result<()> {
    match command {
        LibraryCommand::Add(LibraryAddArgs { from: Some(folder), data, .. }) => add_libraries(&data, &folder),
        LibraryCommand::Add(LibraryAddArgs { library, file, data, .. }) => {
            let (name, version) = named(&library.unwrap_or_default())?;
            let file = file.unwrap_or_default();
            let source = if file == "-" { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(&file) };
            let source = source.with_context(|| format!("cannot read {file}"))?;
            ask_and_show(&data, Request::PutLibrary { name, version, source })
        }
        LibraryCommand::List(arguments) if json => ask_and_show(&arguments.data, Request::ListLibraries),
        LibraryCommand::List(arguments) => {
            let print_one = |answer| match answer {
                Answer::Row(row) => {
                    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                    print(&format!("{}:{}\n", text("name"), text("version")))
                }
                other => show(other),
            };
            block_on(ask(&data_settings(&arguments.data)?, Request::ListLibraries, IfMissing::Fail, print_one))
        }
        LibraryCommand::Remove(LibraryRemoveArgs { library, data }) => {
            let (name, version) = named(&library)?;
            ask_and_show(&data, Request::RemoveLibrary { name, version })
        }
    }
}

/// Takes a library's name and version apart.
fn named(library: &str) -> Result<(String, String)> {
    let parts = library.rsplit_once(':').filter(|(name, version)| !name.is_empty() && !version.is_empty());
    let (name, version) = parts
        .with_context(|| format!("{library:?} has no version: write NAME:VERSION, such as Promise.lib.nut:4.0.0"))?;
    Ok((name.to_owned(), version.to_owned()))
}

/// Adds the libraries of a folder: nothing, if one of them has no version.
fn add_libraries(data: &DataFlags, folder: &Path) -> Result<()> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "nut") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let version = version_of(&source).with_context(|| {
            format!(
                "{} says no version, as in `VERSION = \"1.2.3\"`: add it by itself, with `impstead library add {name}:VERSION {}`",
                path.display(),
                path.display()
            )
        })?;
        found.push((name, version, source));
    }
    if found.is_empty() {
        bail!("there are no .nut files in {}", folder.display());
    }
    found.sort();
    for (name, version, source) in found {
        ask_and_show(data, Request::PutLibrary { name, version, source })?;
    }
    Ok(())
}

/// Finds the version that a library's code states: `VERSION = "1.2.3"`, or `version = [1, 2, 3]`.
fn version_of(source: &str) -> Option<String> {
    let lower = source.to_ascii_lowercase();
    lower.match_indices("version").find_map(|(at, word)| {
        let rest = source[at + word.len()..].trim_start().strip_prefix('=')?.trim_start();
        let (open, close) = if rest.starts_with('"') { ('"', '"') } else { ('[', ']') };
        let (stated, _) = rest.strip_prefix(open)?.split_once(close)?;
        let numbers: Vec<&str> = stated.split(['.', ',']).map(str::trim).collect();
        let are_numbers =
            numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        are_numbers.then(|| numbers.join("."))
    })
}

/// `migrate`
pub fn migrate(arguments: &MigrateArgs) -> Result<()> {
    let settings = data_settings(&arguments.data)?;
    block_on(ask(&settings, Request::Migrate, IfMissing::Make, show))
}

/// `admin …`
pub fn admin(command: AdminCommand, json: bool) -> Result<()> {
    let command = match command {
        AdminCommand::Account(command) => command,
        AdminCommand::RotateKey(arguments) => {
            let request = Request::RotateKey { discard_unreadable: arguments.discard_unreadable };
            return ask_and_show(&arguments.data, request);
        }
    };
    match command {
        AdminAccountCommand::List(arguments) if json => ask_and_show(&arguments.data, Request::ListAccounts),
        AdminAccountCommand::List(arguments) => print_accounts(&arguments.data),
        AdminAccountCommand::Disable(arguments) => {
            ask_and_show(&arguments.data, Request::SetDisabled { account: arguments.account, disabled: true })
        }
        AdminAccountCommand::Enable(arguments) => {
            ask_and_show(&arguments.data, Request::SetDisabled { account: arguments.account, disabled: false })
        }
        AdminAccountCommand::SetPassword(arguments) => {
            let (password, made) = password(arguments.password_stdin)?;
            let request = Request::SetPassword { account: arguments.account, password: password.clone() };
            ask_and_show(&arguments.data, request)?;
            print_if_made(&password, made)
        }
        AdminAccountCommand::SetQuota(arguments) => {
            let limits = arguments.limits.limits();
            ask_and_show(&arguments.data, Request::SetQuota { account: arguments.account, limits })
        }
        AdminAccountCommand::SetProduction(arguments) => {
            let production = arguments.state == "on";
            ask_and_show(&arguments.data, Request::SetProduction { account: arguments.account, production })
        }
        AdminAccountCommand::ResetTotp(arguments) => {
            ask_and_show(&arguments.data, Request::ResetTotp { account: arguments.account })
        }
    }
}

/// `backup`
pub fn backup(arguments: &BackupArgs) -> Result<()> {
    let settings = data_settings(&arguments.data)?;
    let mut bytes = 0;
    let mut copy_to = |out: &mut dyn Write| -> Result<()> {
        let mut progress = Progress::new("backed up", None);
        let write = |answer| match answer {
            Answer::Bytes(part) => {
                let part = STANDARD.decode(part).context("the server's answer is damaged")?;
                progress.add(part.len());
                bytes += part.len();
                out.write_all(&part).context("cannot write the backup")
            }
            other => show(other),
        };
        block_on(ask(&settings, Request::Backup, IfMissing::Fail, write))?;
        out.flush().context("cannot write the backup")
    };
    if arguments.file == "-" {
        return copy_to(&mut io::stdout().lock());
    }
    let path = Path::new(&arguments.file);
    let partial = added(path, ".partial");
    let mut file = create_private(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
    let written = copy_to(&mut file).and_then(|()| {
        file.sync_all()?;
        std::fs::rename(&partial, path)?;
        sync_parent(path)?;
        Ok(())
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written.with_context(|| format!("no backup was written to {}", path.display()))?;
    let key = settings.directory.join("server.key");
    print(&format!("wrote {bytes} bytes to {}; keep a copy of {} with it\n", path.display(), key.display()))
}

/// `restore`
pub fn restore(arguments: &RestoreArgs) -> Result<()> {
    let settings = data_settings(&arguments.data)?;
    let (input, bytes): (Box<dyn Read + Send>, _) = if arguments.file == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(&arguments.file).with_context(|| format!("cannot read {}", arguments.file))?;
        let bytes = file.metadata()?.len();
        (Box::new(file), Some(bytes))
    };
    let input = Counted { input, progress: Progress::new("read", bytes) };
    let (rows, warning) = block_on(read_backup(&settings, input))?;
    if let Some(warning) = warning {
        eprintln!("impstead: warning: {warning}");
    }
    print(&format!("restored {rows} rows into {}\n", place(&settings)))
}

fn place(settings: &DataSettings) -> String {
    match &settings.database {
        settings::Database::Sqlite => settings.directory.display().to_string(),
        database @ settings::Database::Postgres(_) => database.to_string(),
    }
}

/// Shows how much was read.
struct Counted {
    input: Box<dyn Read + Send>,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.progress.add(count);
        Ok(count)
    }
}

fn data_settings(flags: &DataFlags) -> Result<DataSettings> {
    Ok(settings::of_data(flags, &Surroundings::ambient())?)
}

fn ask_and_show(flags: &DataFlags, request: Request) -> Result<()> {
    block_on(ask(&data_settings(flags)?, request, IfMissing::Fail, show))
}

/// Prints an answer.
fn show(answer: Answer) -> Result<()> {
    match answer {
        Answer::Text(text) => print(&format!("{text}\n")),
        Answer::Row(row) => print(&format!("{row}\n")),
        Answer::Bytes(_) | Answer::Done | Answer::Failed(_) => {
            bail!("the server gave an answer that does not belong here")
        }
    }
}

/// `admin account list`, for people.
fn print_accounts(flags: &DataFlags) -> Result<()> {
    let mut rows =
        vec![["USER NAME", "E-MAIL", "STATE", "PRODUCTION", "2FA", "PRODUCTS", "DEVICES", "CREATED"].map(String::from)];
    let collect = |answer| {
        let Answer::Row(row) = answer else { return show(answer) };
        let row: AccountRow = serde_json::from_value(row)?;
        let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
        rows.push([
            row.username,
            row.email,
            if row.disabled { "disabled" } else { "enabled" }.to_owned(),
            yes_no(row.production),
            yes_no(row.second_factor),
            format!("{}/{}", row.holds.products, row.limits.products),
            format!("{}/{}", row.holds.devices, row.limits.devices),
            row.created_at,
        ]);
        Ok(())
    };
    block_on(ask(&data_settings(flags)?, Request::ListAccounts, IfMissing::Fail, collect))?;
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    print(&table)
}

/// Reads a password from standard input, or makes one. Returns whether it was made.
fn password(from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((new_password(&SystemEntropy), true));
    }
    let mut password = String::new();
    io::stdin().read_to_string(&mut password).context("cannot read the password from standard input")?;
    let password = password.strip_suffix('\n').unwrap_or(&password);
    Ok((password.strip_suffix('\r').unwrap_or(password).to_owned(), false))
}

fn print_if_made(password: &str, made: bool) -> Result<()> {
    if made { print(&format!("password: {password}\n")) } else { Ok(()) }
}

/// Makes a password of 96 random bits, fit for shells and eyes.
pub fn new_password(entropy: &dyn Entropy) -> String {
    hex(&entropy.bytes::<12>())
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_are_what_the_code_states() {
        for (source, version) in [
            ("class A { static VERSION = \"1.2.3\"; }", Some("1.2.3")),
            ("class A { static version = [1, 0 ,2]; }", Some("1.0.2")),
            ("const A_VERSION=\"4.0.0\"", Some("4.0.0")),
            ("local version = getVersion(); static VERSION = \"2.0\"", Some("2.0")),
            ("version = \"new\"", None),
            ("version = \"1.2", None),
            ("", None),
        ] {
            assert_eq!(version_of(source).as_deref(), version, "{source}");
        }
    }
}
