//! The commands' arguments. The comments here are the help texts.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use clap_complete::Shell;
use impstead_client::DeviceGroupType;
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
}

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

/// Commands about devices that need no more than the API of the service.
#[derive(Clone, Debug, Subcommand)]
pub enum DeviceCommand {
    /// List devices
    List(DeviceListArgs),
    /// Assign devices to a device group, or move them there
    Assign(DeviceAssignArgs),
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
