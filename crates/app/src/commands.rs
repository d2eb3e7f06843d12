//! The operator's commands: from arguments to a request, and from answers to output.

use crate::{
    admin::{AccountRow, Answer, IfMissing, Progress, Request, ask, read_backup},
    block_on,
    cli::{
        AccountCommand, AdminAccountCommand, AdminCommand, BackupArgs, DeviceAddArgs, DeviceEnrolArgs, MigrateArgs,
        RestoreArgs,
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
