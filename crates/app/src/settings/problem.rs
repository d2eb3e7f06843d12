//! What is wrong with the configuration, all of it at once.

use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A line of the configuration file.
    File {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// The built-in default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "the flag {flag}"),
            Self::Environment(variable) => write!(f, "the environment variable {variable}"),
            Self::File { path, line } => write!(f, "{path}, line {line}"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting; `None` where no setting is concerned, such as by a file that cannot be read.
    pub setting: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
    /// The value, with secrets replaced; `None` where there is none to show.
    pub value: Option<String>,
    /// What is wrong with it.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// Everything that is wrong. Never empty.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} problem{} in the configuration", if count == 1 { "" } else { "s" })?;
        for Problem { setting, origin, value, what, fix } in &self.0 {
            let subject = setting.as_deref().unwrap_or("configuration");
            write!(f, "\n\n  {subject}: {what}")?;
            if let Some(value) = value {
                write!(f, "\n      value: {value}")?;
            }
            write!(f, "\n      from:  {origin}\n      fix:   {fix}")?;
        }
        Ok(())
    }
}
