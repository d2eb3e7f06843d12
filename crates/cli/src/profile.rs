//! Profiles: a service and a sign-in each, a directory each.

use crate::{Options, context::Environment, failure::Failure};
use impstead_client::FileTokenStore;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

const DEFAULT: &str = "default";

/// A profile by name, whether it exists or not: `profiles/NAME/settings.json` and `tokens.json`.
pub struct Profile {
    pub name: String,
    directory: PathBuf,
}

/// What a profile keeps besides its tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    pub endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Profile {
    /// Chooses a profile: the option, else the environment's, else `default`.
    pub fn choose(options: &Options, environment: &Environment) -> Result<Self, Failure> {
        let name = chosen_name(options, environment);
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
            return Err(Failure::usage(format!("`{name}` cannot be the name of a profile"))
                .hint("Use letters, digits, `-`, `_` and `.`."));
        }
        let Some(config_dir) = &environment.config_dir else {
            return Err(Failure::new("no directory for profiles").hint("Set HOME or XDG_CONFIG_HOME."));
        };
        Ok(Self { name: name.to_owned(), directory: config_dir.join("profiles").join(name) })
    }

    /// Reads the settings; `None` if the profile does not exist.
    pub fn settings(&self) -> Result<Option<Settings>, Failure> {
        let path = self.settings_path();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::because(format!("cannot read {}", path.display()), &error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            Failure::because(format!("cannot understand {}", path.display()), &error)
                .hint("Remove the file and sign in again.")
        })
    }

    pub fn save(&self, settings: &Settings) -> Result<(), Failure> {
        let path = self.settings_path();
        let text = serde_json::to_vec_pretty(settings).expect("settings are plain JSON");
        fs::create_dir_all(&self.directory)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| Failure::because(format!("cannot write {}", path.display()), &error))
    }

    pub fn token_store(&self) -> FileTokenStore {
        FileTokenStore::new(self.directory.join("tokens.json"))
    }

    /// The other profiles, by name.
    pub fn others(&self) -> Vec<String> {
        let entries = self.directory.parent().and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten();
        let directories = entries.flatten().filter(|entry| settings_in(&entry.path()).exists());
        let mut names: Vec<_> = directories.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| *name != self.name);
        names.sort();
        names
    }

    fn settings_path(&self) -> PathBuf {
        settings_in(&self.directory)
    }
}

/// The command that signs in to the profile in use.
pub fn login_command(options: &Options, environment: &Environment) -> String {
    match chosen_name(options, environment) {
        DEFAULT => "impstead login".to_owned(),
        name => format!("impstead login --profile {name}"),
    }
}

fn chosen_name<'a>(options: &'a Options, environment: &'a Environment) -> &'a str {
    options.profile.as_deref().or(environment.profile.as_deref()).unwrap_or(DEFAULT)
}

fn settings_in(directory: &Path) -> PathBuf {
    directory.join("settings.json")
}
