//! The commands' arguments. The comments here are the help texts.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Subcommand};
use clap_complete::Shell;
use impstead_client::{DeviceGroupType, WebhookContentType, WebhookEvent};
use regex_lite::Regex;
use std::path::PathBuf;

/// Options that all commands share.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Profile to use: a service and a sign-in [default: $IMPSTEAD_PROFILE, or `default`]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub profile: Option<String>,

    /// Print resources as JSON, as the service sent them
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
}

/// Commands that talk to a service, except those about devices.
#[derive(Clone, Debug, Subcommand)]
pub enum ClientCommand {
    /// Sign in to a service and keep the sign-in in a profile
    Login(LoginArgs),
    /// End the sign-in of a profile
    Logout,
    /// Show the account that is signed in
    Whoami,
    /// List, show and create products
    #[command(subcommand)]
    Product(ProductCommand),
    /// List, show and create device groups
    #[command(subcommand)]
    Group(GroupCommand),
    /// Upload code to a device group
    Deploy(DeployArgs),
    /// List deployments
    #[command(subcommand)]
    Deployment(DeploymentCommand),
    /// Show log lines of devices as they come, or past ones
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogArgs),
    /// Manage virtual imps: devices that live in the server
    #[command(subcommand)]
    VirtualImp(VirtualImpCommand),
    /// Manage webhooks, and see what was delivered to them
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

const LOG_EXAMPLES: &str = "\
Examples:
  impstead log --group beds
  impstead log --device bed-7 bed-8 --type server.error --type agent.error
  impstead log --group beds --history --grep '(?i)moisture' --limit 20
  impstead log --group beds --json | jq -r .msg
";

/// Arguments of `login`.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// Address of the service.
    #[arg(
        long,
        value_name = "URL",
        help = "Address of the service, for example https://api.electricimp.com/v5 [default: that of the profile]"
    )]
    pub endpoint: Option<String>,

    /// User name or e-mail address [default: that of the profile]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Read the password from standard input
    #[arg(long, conflicts_with = "login_key")]
    pub password_stdin: bool,

    /// Sign in with a login key instead of a password; `-` reads it from standard input
    #[arg(long, value_name = "KEY", conflicts_with_all = ["user", "otp"])]
    pub login_key: Option<String>,

    /// One-time password, if the account has a second factor
    #[arg(long, value_name = "CODE")]
    pub otp: Option<String>,

    /// HTTP proxy to use for this profile
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,

    /// File of certificates (PEM) to trust for this profile, besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// Commands about products.
#[derive(Clone, Debug, Subcommand)]
pub enum ProductCommand {
    /// List products
    List,
    /// Show a product
    Show {
        /// Name or id of the product
        product: String,
    },
    /// Create a product
    Create(ProductCreateArgs),
}

/// Arguments of `product create`.
#[derive(Args, Clone, Debug)]
pub struct ProductCreateArgs {
    /// Name of the new product
    pub name: String,

    /// Description of the new product
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

/// Commands about device groups.
#[derive(Clone, Debug, Subcommand)]
pub enum GroupCommand {
    /// List device groups
    List(GroupListArgs),
    /// Show a device group
    Show(GroupShowArgs),
    /// Create a device group
    Create(GroupCreateArgs),
    /// Restart all devices of a device group, which then run its current deployment
    Restart(GroupRestartArgs),
}

/// Arguments of `group list`.
#[derive(Args, Clone, Debug)]
pub struct GroupListArgs {
    /// Only groups of this product (name or id)
    #[arg(long)]
    pub product: Option<String>,

    /// Only groups of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = group_type())]
    pub kind: Option<DeviceGroupType>,
}

/// Arguments of `group show`.
#[derive(Args, Clone, Debug)]
pub struct GroupShowArgs {
    /// Name or id of the device group
    pub group: String,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long)]
    pub product: Option<String>,
}

/// Arguments of `group restart`.
#[derive(Args, Clone, Debug)]
pub struct GroupRestartArgs {
    /// Name or id of the device group
    pub group: String,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long)]
    pub product: Option<String>,

    /// Restart only devices that run an older deployment than the minimum supported one; tell the others of new code
    #[arg(long)]
    pub conditional: bool,
}

/// Arguments of `group create`.
#[derive(Args, Clone, Debug)]
pub struct GroupCreateArgs {
    /// Name of the new device group
    pub name: String,

    /// Product of the new group (name or id)
    #[arg(long)]
    pub product: String,

    /// Type of the new group
    #[arg(long = "type", value_name = "TYPE", value_parser = group_type(), default_value = "development")]
    pub kind: DeviceGroupType,

    /// Description of the new group
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,

    /// Group of the same product to which blessed devices go (name or id); fixture types only
    #[arg(long, value_name = "GROUP")]
    pub production_target: Option<String>,

    /// Group of the same product to which devices under test go (name or id); fixture types only
    #[arg(long, value_name = "GROUP")]
    pub dut_target: Option<String>,
}

/// Arguments of `deploy`.
#[derive(Args, Clone, Debug)]
pub struct DeployArgs {
    /// Device group (name or id)
    #[arg(long)]
    pub group: String,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long)]
    pub product: Option<String>,

    /// File with the device's code
    #[arg(long, value_name = "FILE")]
    pub device: PathBuf,

    /// File with the agent's code
    #[arg(long, value_name = "FILE")]
    pub agent: PathBuf,

    /// Description of the deployment
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,

    /// Tag of the deployment; may be given several times
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Restart the group's devices, so that they run the code at once
    #[arg(long)]
    pub restart: bool,
}

/// Commands about deployments.
#[derive(Clone, Debug, Subcommand)]
pub enum DeploymentCommand {
    /// List deployments, newest first
    List(DeploymentListArgs),
}

/// Arguments of `deployment list`.
#[derive(Args, Clone, Debug)]
pub struct DeploymentListArgs {
    /// Only deployments to this device group (name or id)
    #[arg(long)]
    pub group: Option<String>,

    /// Only deployments to groups of this product (name or id)
    #[arg(long)]
    pub product: Option<String>,

    /// Only deployments of the code with this hash
    #[arg(long)]
    pub sha: Option<String>,

    /// Only deployments with this tag; given several times, with all of them
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Only flagged deployments
    #[arg(long)]
    pub flagged: bool,
}

/// Arguments of `log`.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("whose").required(true).args(["device", "group"])))]
pub struct LogArgs {
    /// Devices, each by its id, MAC address, agent id or name
    #[arg(long, value_name = "DEVICE", num_args = 1..)]
    pub device: Vec<String>,

    /// Device group (name or id), with all its devices
    #[arg(long)]
    pub group: Option<String>,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long, requires = "group")]
    pub product: Option<String>,

    /// Show past lines instead, the newest last
    #[arg(long)]
    pub history: bool,

    /// Only lines of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(LOG_TYPES))]
    pub types: Vec<String>,

    /// Only lines whose message matches this regular expression
    #[arg(long, value_name = "REGEX", value_parser = regex)]
    pub grep: Option<Regex>,

    /// End after this many lines; with `--history`, show the newest ones [default: without end; with `--history` 100]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

const LOG_TYPES: [&str; 9] = [
    "server.log",
    "server.error",
    "server.sleep",
    "agent.log",
    "agent.error",
    "status",
    "lastexitcode",
    "powerstate",
    "firmware",
];

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| error.to_string())
}

/// Commands about virtual imps.
#[derive(Clone, Debug, Subcommand)]
pub enum VirtualImpCommand {
    /// List virtual imps
    List,
    /// Create a virtual imp and start it; it is a device like any other
    #[command(after_help = "Examples:\n  \
        impstead virtual-imp create --name 'Bed 7' --board environment\n  \
        impstead virtual-imp create --name 'Bed 8' --board greenhouse.toml")]
    Create(VirtualImpCreateArgs),
    /// Show a virtual imp: its board, what is done to it, and what there is to see
    Show {
        /// The device, by its id, MAC address, agent id or name
        device: String,
    },
    /// Do something to a virtual imp: to pins, to signals of its board, and to its link to the server
    ///
    /// What is set lasts until it is set again; `board` leaves a pin or signal to the board. A pin takes a level (0 or 1), counts
    /// (2 to 65535), volts (1.65V), or `press`, which presses the board's button there for a moment.
    #[command(after_help = "Examples:\n  \
        impstead virtual-imp set 'Bed 7' temperature=31.5 humidity=board\n  \
        impstead virtual-imp set 'Bed 7' pin5=1.65V link=off\n  \
        impstead virtual-imp set Door pin1=press")]
    Set(VirtualImpSetArgs),
    /// Put a virtual imp on another board; it boots there
    Board {
        /// The device, by its id, MAC address, agent id or name
        device: String,
        /// The board: a file, or the name of one that is ready
        #[arg(value_name = "FILE|NAME")]
        board: String,
    },
    /// Watch what a virtual imp does: levels and duties of pins, LEDs, bytes that it sends
    Watch(VirtualImpWatchArgs),
    /// Give a virtual imp power; it boots
    Start {
        /// The device, by its id, MAC address, agent id or name
        device: String,
    },
    /// Take a virtual imp's power away; it keeps its code
    Stop {
        /// The device, by its id, MAC address, agent id or name
        device: String,
    },
    /// Delete a virtual imp that is in no device group, and its device
    Delete {
        /// The device, by its id, MAC address, agent id or name
        device: String,
    },
}

/// Arguments of `virtual-imp create`.
#[derive(Args, Clone, Debug)]
pub struct VirtualImpCreateArgs {
    /// Name of the new device
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// Board that it is on: a file, or the name of one that is ready (bare, environment, button-led, modbus)
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "imp_type")]
    pub board: Option<String>,

    /// Which imp it is, without a board [default: imp006]
    #[arg(long, value_name = "TYPE",
          value_parser = PossibleValuesParser::new(["imp001", "imp002", "imp003", "imp004", "imp005", "imp006"]))]
    pub imp_type: Option<String>,
}

/// Arguments of `virtual-imp set`.
#[derive(Args, Clone, Debug)]
pub struct VirtualImpSetArgs {
    /// The device, by its id, MAC address, agent id or name
    pub device: String,

    /// Pins, signals or `link`, and what each is set to
    #[arg(required = true, value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
}

/// Arguments of `virtual-imp watch`.
#[derive(Args, Clone, Debug)]
pub struct VirtualImpWatchArgs {
    /// The device, by its id, MAC address, agent id or name
    pub device: String,

    /// End after so many changes
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
}

/// Commands about devices that need no more than the API of the service.
#[derive(Clone, Debug, Subcommand)]
pub enum DeviceCommand {
    /// List devices
    List(DeviceListArgs),
    /// Assign devices to a device group, or move them there
    Assign(DeviceAssignArgs),
    /// Restart a device, which then runs the current deployment of its group
    Restart(DeviceRestartArgs),
}

/// Arguments of `device restart`.
#[derive(Args, Clone, Debug)]
pub struct DeviceRestartArgs {
    /// The device, by its id, MAC address, agent id or name
    pub device: String,

    /// Restart it only if it runs an older deployment than the minimum supported one; else tell it of new code
    #[arg(long)]
    pub conditional: bool,
}

/// Arguments of `device list`.
#[derive(Args, Clone, Debug)]
pub struct DeviceListArgs {
    /// Only devices that are in no device group
    #[arg(long, conflicts_with_all = ["group", "product"])]
    pub unassigned: bool,

    /// Only devices in this device group (name or id)
    #[arg(long)]
    pub group: Option<String>,

    /// Only devices in groups of this product (name or id)
    #[arg(long)]
    pub product: Option<String>,
}

/// Arguments of `device assign`.
#[derive(Args, Clone, Debug)]
pub struct DeviceAssignArgs {
    /// Devices, each by its id, MAC address, agent id or name
    #[arg(required = true, value_name = "DEVICE")]
    pub devices: Vec<String>,

    /// Device group (name or id)
    #[arg(long)]
    pub group: String,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long)]
    pub product: Option<String>,
}

/// Commands about webhooks, which are given by their ids.
#[derive(Clone, Debug, Subcommand)]
pub enum WebhookCommand {
    /// List webhooks
    List(WebhookListArgs),
    /// Create a webhook
    Create(WebhookCreateArgs),
    /// Show a webhook
    Show {
        /// Id of the webhook
        webhook: String,
    },
    /// Change a webhook
    Update(WebhookUpdateArgs),
    /// Delete a webhook
    Delete {
        /// Id of the webhook
        webhook: String,
    },
    /// List what was delivered to a webhook and what waits, newest first (Impstead only)
    Deliveries {
        /// Id of the webhook
        webhook: String,
    },
    /// Deliver an event again (Impstead only)
    Resend {
        /// Id of the webhook
        webhook: String,
        /// Id of the delivery, as `webhook deliveries` shows it
        delivery: String,
    },
    /// Replace the secret with which deliveries are signed, and print the new one (Impstead only)
    Secret {
        /// Id of the webhook
        webhook: String,
    },
}

/// Arguments of `webhook list`.
#[derive(Args, Clone, Debug)]
pub struct WebhookListArgs {
    /// Only webhooks of this device group (name or id)
    #[arg(long)]
    pub group: Option<String>,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long, requires = "group")]
    pub product: Option<String>,
}

/// Arguments of `webhook create`.
#[derive(Args, Clone, Debug)]
pub struct WebhookCreateArgs {
    /// Device group (name or id)
    #[arg(long)]
    pub group: String,

    /// Product of the group (name or id), if several products have groups of this name
    #[arg(long)]
    pub product: Option<String>,

    /// What to report
    #[arg(long, value_name = "EVENT", value_parser = webhook_event())]
    pub event: WebhookEvent,

    /// Where to deliver: an http or https URL
    #[arg(long, value_name = "URL")]
    pub url: String,

    /// How to write what is delivered
    #[arg(long, value_name = "FORMAT", value_parser = content_type(), default_value = "json")]
    pub content_type: WebhookContentType,
}

/// Arguments of `webhook update`.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args(["url", "content_type"])))]
pub struct WebhookUpdateArgs {
    /// Id of the webhook
    pub webhook: String,

    /// New place to deliver: an http or https URL
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// How to write what is delivered
    #[arg(long, value_name = "FORMAT", value_parser = content_type())]
    pub content_type: Option<WebhookContentType>,
}

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// Shell to write a completion script for
    #[arg(value_parser = PossibleValuesParser::new(["bash", "zsh", "fish"]).map(|name| shell(&name)))]
    pub shell: Shell,
}

fn shell(name: &str) -> Shell {
    name.parse().expect("the parser lets known names through only")
}

fn group_type() -> impl TypedValueParser<Value = DeviceGroupType> {
    PossibleValuesParser::new(DeviceGroupType::ALL.map(DeviceGroupType::short_name))
        .map(|name| name.parse::<DeviceGroupType>().expect("the parser lets known names through only"))
}

fn webhook_event() -> impl TypedValueParser<Value = WebhookEvent> {
    PossibleValuesParser::new(WebhookEvent::ALL.map(WebhookEvent::as_str)).map(|name| {
        let found = WebhookEvent::ALL.into_iter().find(|event| event.as_str() == name);
        found.expect("the parser lets known names through only")
    })
}

fn content_type() -> impl TypedValueParser<Value = WebhookContentType> {
    PossibleValuesParser::new(["json", "form"]).map(|name| match name.as_str() {
        "form" => WebhookContentType::Form,
        _ => WebhookContentType::Json,
    })
}
