//! Settings as command line flags.

use super::table::{Kind, Setting, TABLE};
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, builder::ValueParser};
use std::collections::BTreeMap;

const CONFIG: &str = "config";

/// The flags that were given: setting to text.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The configuration file.
    pub config: Option<String>,
    /// Values by name of the setting.
    pub values: BTreeMap<&'static str, String>,
}

/// The flags of `serve`: every setting.
#[derive(Clone, Debug, Default)]
pub struct ServeFlags(pub Given);

/// The flags of commands on the data: those settings that say where the data are.
#[derive(Clone, Debug, Default)]
pub struct DataFlags(pub Given);

fn augment(command: Command, wanted: fn(&Setting) -> bool) -> Command {
    let config = Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("FILE")
        .help("Configuration file [env: IMPSTEAD_CONFIG]")
        .long_help(
            "Configuration file: the same settings in TOML. Flags win over environment variables, and those over the \
             file. `impstead config` prints a file with every setting, explained.\n\n[env: IMPSTEAD_CONFIG]",
        )
        .help_heading("Settings");
    TABLE.iter().filter(|setting| wanted(setting)).map(arg).fold(command.arg(config), Command::arg)
}

fn arg(setting: &'static Setting) -> Arg {
    let default = match setting.default {
        Some("") => "none",
        Some(default) => default,
        None => setting.otherwise,
    };
    let origin = format!("[env: {}] [default: {default}]", setting.variable());
    let arg = Arg::new(setting.name)
        .long(setting.flag_name())
        .value_name(setting.value_name)
        .help(format!("{} [default: {default}]", setting.summary))
        .long_help(match setting.detail {
            "" => format!("{}\n\n{origin}", setting.summary),
            detail => format!("{}\n\n{detail}\n\n{origin}", setting.summary),
        })
        .help_heading("Settings")
        .value_parser(ValueParser::string())
        .action(ArgAction::Set);
    match setting.kind {
        // `--demo` alone means yes.
        Kind::Boolean => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg,
    }
}

fn given(matches: &ArgMatches, wanted: fn(&Setting) -> bool) -> Given {
    let values = TABLE
        .iter()
        .filter(|setting| wanted(setting))
        .filter_map(|setting| Some((setting.name, matches.get_one::<String>(setting.name)?.clone())))
        .collect();
    Given { config: matches.get_one::<String>(CONFIG).cloned(), values }
}

macro_rules! flags {
    ($name:ident, $wanted:expr) => {
        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(matches, $wanted)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $name {
            fn augment_args(command: Command) -> Command {
                augment(command, $wanted)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $wanted)
            }
        }
    };
}

flags!(ServeFlags, |_| true);
flags!(DataFlags, |setting| setting.of_data);
