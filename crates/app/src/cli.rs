//! The command line. The comments here are the help texts.

use crate::{
    admin::QuotaLimits,
    settings::{DataFlags, ServeFlags},
};
use clap::{
    Args, Parser, Subcommand,
    builder::{NonEmptyStringValueParser, PossibleValuesParser},
};
use impstead_cli::{ClientCommand, CompletionsArgs, DeviceCommand, Options, SquirrelCommand};
use std::path::PathBuf;

/// A cloud for imps on your own machine, compatible with Electric Imp's impCentral API v5
///
/// One program: the server (`serve`), the operator's commands on its data (`account`, `device add`, `device enrol`, `library`, `backup`, `restore`,
/// `migrate`, `admin`), and a client of the API, the vendor's included (`login`, `product`, `group`, `deploy`, …).
#[derive(Parser)]
#[command(name = "impstead", version, subcommand_required = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,

    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  impstead serve --demo
  impstead config > impstead.toml
  impstead account create --username ann --email ann@example.com
  impstead login --endpoint http://127.0.0.1:8080/v5 --user ann
  impstead backup impstead.backup
";

#[derive(Subcommand)]
pub enum Command {
    /// Run the server
    ///
    /// It runs without any configuration: on an SQLite file in the data directory, at http://127.0.0.1:8080. It prints
    /// "listening on URL" to standard output once it is ready, and logs to standard error. SIGTERM and SIGINT stop it
    /// cleanly, a second one at once. Exit codes: 0 after a clean stop, 1 after a failure, 2 where the command line is not
    /// understood.
    Serve(Box<ServeArgs>),
    /// Print a configuration file with every setting, explained
    #[command(after_help = "Examples:\n  impstead config > impstead.toml\n  impstead serve --config impstead.toml")]
    Config,
    /// Make accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Add, list, assign and restart devices
    #[command(subcommand)]
    Device(DeviceCommands),
    /// Run virtual imps: devices that are programs
    ///
    /// Each boots, connects, fetches the code of its device group and runs it, as a device does. What the program logs goes to
    /// standard output; that it is connected, to standard error. SIGTERM and SIGINT take the imps' power away.
    #[command(after_help = IMP_EXAMPLES)]
    Imp(ImpArgs),
    /// Keep the libraries that programs `#require`
    #[command(subcommand)]
    Library(LibraryCommand),
    /// Write all data into a file, while the server goes on
    #[command(after_help = BACKUP_EXAMPLES)]
    Backup(BackupArgs),
    /// Fill an empty database from a backup; the server must not run
    #[command(after_help = RESTORE_EXAMPLES)]
    Restore(RestoreArgs),
    /// Bring the database's schema up to date, as `serve` does when it starts
    Migrate(MigrateArgs),
    /// Manage accounts and the server key
    #[command(subcommand)]
    Admin(AdminCommand),
    #[command(flatten)]
    Client(ClientCommand),
    /// Run, check and explore Squirrel programs, without any service
    #[command(subcommand)]
    Squirrel(SquirrelCommand),
    /// Run a whole fleet in virtual time: the same file and seed give the same bytes
    ///
    /// The file declares devices and their code, a duration, and what goes wrong: see docs/simulation.md.
    #[command(after_help = "Examples:\n  \
        impstead simulate examples/fleet-in-a-day/scenario.toml --seed 1\n  \
        impstead simulate scenario.toml --log | grep error\n  \
        impstead --json simulate scenario.toml | jq .total")]
    Simulate(SimulateArgs),
    /// Write a script that completes commands in a shell
    #[command(after_help = "Examples:\n  \
        impstead completions bash > ~/.local/share/bash-completion/completions/impstead\n  \
        impstead completions zsh > ~/.zfunc/_impstead\n  \
        impstead completions fish > ~/.config/fish/completions/impstead.fish")]
    Completions(CompletionsArgs),
}

/// Arguments of `simulate`.
#[derive(Args)]
pub struct SimulateArgs {
    /// The scenario, a TOML file
    #[arg(value_name = "FILE")]
    pub file: String,

    /// What chance is drawn from: another number gives another day
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Print the lines of all logs, each with its time
    #[arg(long)]
    pub log: bool,

    /// Write the log, the counters over time, the summary and the report, with plots for a browser, into a folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<std::path::PathBuf>,
}

/// Arguments of `serve`.
#[derive(Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub struct ServeArgs {
    #[command(flatten)]
    pub flags: ServeFlags,

    /// Print the settings in force, each with where it comes from, and exit
    #[arg(long, conflicts_with = "check_config")]
    pub print_config: bool,

    /// Report all problems of the configuration, and exit
    #[arg(long)]
    pub check_config: bool,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  impstead serve --demo
  impstead serve --listen 0.0.0.0:443 --public-url https://imp.example.com --tls-cert cert.pem --tls-key key.pem
  impstead serve --public-url https://imp.example.com --trusted-proxies 127.0.0.1
  IMPSTEAD_DATABASE=postgres://imp:secret@db/imp impstead serve --data /var/lib/impstead
";

#[derive(Subcommand)]
pub enum AccountCommand {
    /// Make an account
    #[command(after_help = "Examples:\n  \
        impstead account create --username ann --email ann@example.com\n  \
        pass show imp/ann | impstead account create --username ann --email ann@example.com --password-stdin")]
    Create(AccountCreateArgs),
}

#[derive(Args)]
pub struct AccountCreateArgs {
    /// User name: 1 to 64 visible ASCII characters without @, /, ? and #
    #[arg(long, value_name = "NAME")]
    pub username: String,

    /// E-mail address; no mail is ever sent to it
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,

    /// Read the password from standard input [default: make one, and print it]
    #[arg(long)]
    pub password_stdin: bool,

    /// Leave out the right to production and factory device groups
    #[arg(long)]
    pub no_production: bool,

    #[command(flatten)]
    pub data: DataFlags,
}

/// Arguments of `imp`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("who").args(["id", "ids"]).required(true))]
pub struct ImpArgs {
    /// The server, by the URL that it is known by (its public_url)
    #[arg(long, value_name = "URL")]
    pub server: String,

    /// Device id, as `impstead device add` printed it
    #[arg(long, value_name = "ID", requires = "secret_file")]
    pub id: Option<String>,

    /// File with the device's secret, or with the line that `impstead device add` printed; for its owner only
    #[arg(long, value_name = "FILE", requires = "id")]
    pub secret_file: Option<PathBuf>,

    /// File with ids and secrets of many imps: what `impstead device add` printed; for its owner only
    #[arg(long, value_name = "FILE")]
    pub ids: Option<PathBuf>,

    /// How many imps of the file to run, from its first [default: all]
    #[arg(long, value_name = "COUNT", requires = "ids")]
    pub count: Option<usize>,

    /// Board that they are on: a file, or the name of one that is ready [default: an imp006 and nothing else]
    #[arg(long, value_name = "FILE|NAME")]
    pub board: Option<String>,

    /// Directory in which imps keep their code and what else outlives their power [default: they keep nothing]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,

    /// Read what is done to them from a file, or from standard input with `-`, and print what their outputs do
    ///
    /// A line has pins, signals of the board or `link`, and what each is set to: `pin1=0 temperature=31.5`. It is for all imps,
    /// or for the one whose id it begins with.
    #[arg(long, value_name = "FILE|-")]
    pub inputs: Option<String>,
}

const IMP_EXAMPLES: &str = "\
Examples:
  umask 077; impstead device add --owner ann > imp.json
  impstead imp --server http://127.0.0.1:8080 --ids imp.json --state ./imps
  impstead imp --server https://imp.example.com --id 50000c2a69abcdef --secret-file secret
";

#[derive(Subcommand)]
pub enum DeviceCommands {
    /// Add virtual devices to an account, and print a JSON line for each with its id, MAC address and secret
    ///
    /// The secret is an Ed25519 seed (64 hex digits) with which the device proves to be itself. It is printed once: the
    /// server keeps the public key only.
    #[command(after_help = "Examples:\n  \
        impstead device add --owner ann\n  \
        impstead device add --owner ann --count 100 --imp-type imp006 > devices.jsonl")]
    Add(DeviceAddArgs),
    /// Enrol a device, as an end user's BlinkUp would, and print a JSON line with its plan, group and agent id
    ///
    /// The device takes the plan's id, and so another agent id; blinkup webhooks of its production or pre-production group
    /// fire. With --fixture it is BlinkUp in the factory: the device goes to the fixture group's device-under-test target.
    #[command(
        visible_alias = "enroll",
        after_help = "Examples:\n  \
        impstead device enrol 20000c2a69abcdef --plan 8f0c2d5e1a7b4c39\n  \
        impstead device enrol 0c:2a:69:ab:cd:ef --plan test --fixture 20000c2a69000001"
    )]
    Enrol(DeviceEnrolArgs),
    #[command(flatten)]
    Client(DeviceCommand),
}

#[derive(Args)]
pub struct DeviceAddArgs {
    /// User name, e-mail address or id of the account
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: String,

    /// How many devices
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub count: u32,

    /// Which imp the devices are
    #[arg(long, value_name = "TYPE", default_value = "imp006",
          value_parser = PossibleValuesParser::new(["imp001", "imp002", "imp003", "imp004", "imp005", "imp006"]))]
    pub imp_type: String,

    /// MAC address of the one device [default: a random one]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "count")]
    pub mac_address: Option<String>,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct DeviceEnrolArgs {
    /// Device id, MAC address or agent id
    #[arg(value_name = "DEVICE")]
    pub device: String,

    /// Id of the enrolment plan
    #[arg(long, value_name = "PLAN", value_parser = NonEmptyStringValueParser::new())]
    pub plan: String,

    /// Enrolment token, which webhooks pass on
    #[arg(long, value_name = "TOKEN", default_value = "")]
    pub token: String,

    /// The factory fixture that enrols: device id, MAC address or agent id
    #[arg(long, value_name = "DEVICE")]
    pub fixture: Option<String>,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Subcommand)]
pub enum LibraryCommand {
    /// Add a library, or all in a folder; one that is there is replaced
    ///
    /// In a folder, each file that ends in .nut is a library. Its name is the file's, and its version what the code says:
    /// `VERSION = "1.2.3"` or `version = [1, 2, 3]`.
    #[command(after_help = "Examples:\n  \
        impstead library add Promise.lib.nut:4.0.0 Promise.lib.nut\n  \
        impstead library add --from ./libraries")]
    Add(LibraryAddArgs),
    /// List all libraries; with --json, a line of JSON for each
    List(LibraryListArgs),
    /// Remove a library; agents that run keep it
    #[command(after_help = "Examples:\n  impstead library remove Promise.lib.nut:4.0.0")]
    Remove(LibraryRemoveArgs),
}

#[derive(Args)]
pub struct LibraryAddArgs {
    /// Name and version, as programs require it
    #[arg(value_name = "NAME:VERSION", required_unless_present = "from")]
    pub library: Option<String>,

    /// File with the code; - for standard input
    #[arg(value_name = "FILE", required_unless_present = "from")]
    pub file: Option<String>,

    /// Add all libraries of a folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["library", "file"])]
    pub from: Option<PathBuf>,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct LibraryListArgs {
    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct LibraryRemoveArgs {
    /// Name and version
    #[arg(value_name = "NAME:VERSION")]
    pub library: String,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct BackupArgs {
    /// File to write, readable by its owner only; - for standard output
    #[arg(value_name = "FILE")]
    pub file: String,

    #[command(flatten)]
    pub data: DataFlags,
}

const BACKUP_EXAMPLES: &str = "\
A backup is the same whichever database it comes from, and goes into either. It does not hold the server key: keep a \
copy of server.key of the data directory with it.

Examples:
  impstead backup impstead.backup
  impstead backup --data /var/lib/impstead - | ssh elsewhere 'cat > impstead.backup'
";

#[derive(Args)]
pub struct RestoreArgs {
    /// Backup to read; - for standard input
    #[arg(value_name = "FILE")]
    pub file: String,

    #[command(flatten)]
    pub data: DataFlags,
}

const RESTORE_EXAMPLES: &str = "\
All or nothing: a restore that fails leaves the database empty. Copy server.key of the data directory that was backed up \
into the new one, else login keys and one-time passwords no longer work.

Examples:
  impstead restore impstead.backup --data ./new-data
  impstead restore impstead.backup --data ./new-data --database postgres://imp:secret@db/imp
";

#[derive(Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Manage accounts
    #[command(subcommand)]
    Account(AdminAccountCommand),
    /// Replace the server key, and seal everything anew with it
    ///
    /// A running server pauses for a moment: it lets requests under way end, closes idle connections, and goes on with the new
    /// key. The old key
    /// stays in the data directory as server.key.until-TIME, for backups made with it.
    RotateKey(RotateKeyArgs),
}

#[derive(Args)]
pub struct RotateKeyArgs {
    /// First give up the login keys and one-time password enrolments that the present key cannot read
    ///
    /// For when the server key is lost.
    #[arg(long)]
    pub discard_unreadable: bool,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Subcommand)]
pub enum AdminAccountCommand {
    /// List all accounts, oldest first; with --json, a line of JSON for each
    List(AdminListArgs),
    /// Shut an account: it cannot sign in, and its tokens no longer work
    Disable(AdminAccountArgs),
    /// Reopen an account
    Enable(AdminAccountArgs),
    /// Set an account's password, and end its sessions
    SetPassword(SetPasswordArgs),
    /// Set how much an account may hold
    #[command(after_help = "Examples:\n  \
        impstead admin account set-quota ann --devices 500 --products 20\n  \
        impstead admin account set-quota ann --devices default")]
    SetQuota(SetQuotaArgs),
    /// Grant or withdraw the right to production and factory device groups
    SetProduction(SetProductionArgs),
    /// Remove an account's second factor, for somebody who has lost it
    ResetTotp(AdminAccountArgs),
}

#[derive(Args)]
pub struct AdminListArgs {
    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct AdminAccountArgs {
    /// User name, e-mail address or id of the account
    pub account: String,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct SetPasswordArgs {
    /// User name, e-mail address or id of the account
    pub account: String,

    /// Read the password from standard input [default: make one, and print it]
    #[arg(long)]
    pub password_stdin: bool,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct SetProductionArgs {
    /// User name, e-mail address or id of the account
    pub account: String,

    /// Grant it (on) or withdraw it (off); what the account has stays
    #[arg(value_parser = PossibleValuesParser::new(["on", "off"]))]
    pub state: String,

    #[command(flatten)]
    pub data: DataFlags,
}

#[derive(Args)]
pub struct SetQuotaArgs {
    /// User name, e-mail address or id of the account
    pub account: String,

    #[command(flatten)]
    pub limits: LimitArgs,

    #[command(flatten)]
    pub data: DataFlags,
}

/// New limits, each a number or `default`. What the account holds beyond them stays.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct LimitArgs {
    /// Most products
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    products: Option<Limit>,
    /// Most device groups, over all products
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    device_groups: Option<Limit>,
    /// Most deployments, over all device groups
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    deployments: Option<Limit>,
    /// Most devices
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    devices: Option<Limit>,
    /// Most webhooks, over all device groups
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    webhooks: Option<Limit>,
    /// Most login keys
    #[arg(long, value_name = "COUNT|default", value_parser = limit)]
    login_keys: Option<Limit>,
}

/// A number, or `None` for the default.
#[derive(Clone, Copy)]
struct Limit(Option<i64>);

fn limit(text: &str) -> Result<Limit, String> {
    if text == "default" {
        return Ok(Limit(None));
    }
    match text.parse::<u32>() {
        Ok(limit) => Ok(Limit(Some(limit.into()))),
        Err(_) => Err("write a whole number from 0 to 4294967295, or default".into()),
    }
}

impl LimitArgs {
    /// Returns the limits as the request has them.
    pub fn limits(&self) -> QuotaLimits {
        let of = |limit: Option<Limit>| limit.map(|Limit(limit)| limit);
        QuotaLimits {
            products: of(self.products),
            device_groups: of(self.device_groups),
            deployments: of(self.deployments),
            devices: of(self.devices),
            webhooks: of(self.webhooks),
            login_keys: of(self.login_keys),
        }
    }
}
