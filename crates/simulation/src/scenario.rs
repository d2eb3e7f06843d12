//! What is simulated: a file that declares fleets, a duration and faults. `docs/simulation.md` explains it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use platform::board::Board;
use serde::Deserialize;

use crate::inputs::Input;
use crate::outputs;

/// A scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// How long the fleet is watched, as `90s`, `30m`, `24h` or `7d`.
    pub duration: Span,
    /// When it begins: seconds since 1970.
    #[serde(default = "beginning_s")]
    pub begins_s: i64,
    /// The network between imps and the cloud.
    #[serde(default)]
    pub network: Network,
    /// The power of imps.
    #[serde(default)]
    pub power: Power,
    /// How far clocks of imps are off, in millionths: each by another amount between minus this and this.
    #[serde(default)]
    pub clock_drift_ppm: f64,
    /// The devices.
    pub fleet: Vec<Fleet>,
    /// Requests to agents' URLs.
    #[serde(default)]
    pub visit: Vec<Visit>,
    /// Servers that agents ask.
    #[serde(default)]
    pub server: Vec<Server>,
}

/// Devices that run the same.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// What reports call it.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// File with the agents' code, beside the scenario; without it there is none.
    pub agent: Option<PathBuf>,
    /// File with the devices' code.
    pub device: Option<PathBuf>,
    /// Devices are powered one after the other over this time.
    #[serde(default)]
    pub starts_over: Span,
    /// What is wired to the imps: the name of a ready board, or a file beside the scenario.
    pub board: Option<PathBuf>,
    /// `imp001` … `imp006`, of imps without a board.
    pub imp_type: Option<String>,
    /// Environment variables: strings and numbers.
    #[serde(default)]
    pub variables: BTreeMap<String, toml::Value>,
    /// New code at a time: devices and agents restart with it.
    #[serde(default)]
    pub deploy: Vec<Deploy>,
    /// What is done to their boards at a time.
    #[serde(default)]
    pub input: Vec<Input>,
    /// Outputs whose changes are entered in the log and counted: names of pins, UARTs and chains of LEDs, or `all`.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// New code for a fleet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// When.
    pub at: Span,
    /// File with the agents' code; without it that stays.
    pub agent: Option<PathBuf>,
    /// File with the devices' code; without it that stays.
    pub device: Option<PathBuf>,
}

/// The network between imps and the cloud.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// How long a frame is under way, in milliseconds: between the first and the second number.
    pub delay_ms: (i64, i64),
    /// The share of frames that are lost, and break the connection that they were on.
    pub loss: f64,
    /// How often a device loses its network, each day on average.
    pub outages_per_day: f64,
    /// For how long, in seconds: between the two.
    pub outage_s: (i64, i64),
}

impl Default for Network {
    fn default() -> Network {
        Network { delay_ms: (20, 60), loss: 0.0, outages_per_day: 0.0, outage_s: (5, 120) }
    }
}

/// The power of imps.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Power {
    /// How often a device loses its power, each day on average.
    pub cuts_per_day: f64,
    /// For how long, in seconds: between the two.
    pub cut_s: (i64, i64),
}

impl Default for Power {
    fn default() -> Power {
        Power { cuts_per_day: 0.0, cut_s: (1, 60) }
    }
}

/// Requests to the URLs of a fleet's agents.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Whose.
    pub fleet: String,
    /// When first.
    #[serde(default)]
    pub at: Span,
    /// And after how long again; without it, once.
    pub every: Option<Span>,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The path, with a query perhaps.
    #[serde(default = "slash")]
    pub path: String,
    /// The body.
    #[serde(default)]
    pub body: String,
}

/// A server that agents ask. What none of them answers has no address.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What the URLs begin with that it answers.
    pub url: String,
    /// The status of its answers.
    #[serde(default = "ok")]
    pub status: i32,
    /// Their headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Their body.
    #[serde(default)]
    pub body: String,
    /// How long they take, in milliseconds: between the two.
    #[serde(default = "server_delay")]
    pub delay_ms: (i64, i64),
    /// The share of requests that are not answered: status 52.
    #[serde(default)]
    pub fails: f64,
}

fn beginning_s() -> i64 {
    1_767_225_600
}

fn get() -> String {
    "GET".to_owned()
}

fn slash() -> String {
    "/".to_owned()
}

fn ok() -> i32 {
    200
}

fn server_delay() -> (i64, i64) {
    (30, 200)
}

/// A time: a number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span {
    /// In microseconds.
    pub us: i64,
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Span, String> {
        const UNITS: [(&str, f64); 5] = [("ms", 1e3), ("s", 1e6), ("m", 6e7), ("h", 3.6e9), ("d", 8.64e10)];
        let unit_at = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let unit_us = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, us)| us);
        match (number.parse::<f64>(), unit_us) {
            (Ok(number), Some(unit_us)) if number * unit_us < 1e17 => {
                #[expect(clippy::cast_possible_truncation, reason = "it is small enough")]
                let us = (number * unit_us) as i64;
                Ok(Span { us })
            }
            _ => Err(format!("{text:?} is no time: write a number and ms, s, m, h or d, such as \"30m\"")),
        }
    }
}

/// Why a scenario cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no scenario.
    #[error("{place}{message}")]
    Syntax {
        /// The line and the column, where they are known.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// Code that does not compile, or a board with a mistake.
    #[error("{path}: {error}")]
    Code {
        /// The file.
        path: PathBuf,
        /// The first error.
        error: String,
    },
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| ScenarioError::Syntax {
            place: error.span().map(|span| place(text, &span)).unwrap_or_default(),
            message: error.message().to_owned(),
        })?;
        scenario.check().map_err(|message| ScenarioError::Syntax { place: String::new(), message })?;
        Ok(scenario)
    }

    /// Reads a scenario and the code that it names, beside it.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(path: &Path) -> Result<(Scenario, Sources), ScenarioError> {
        let scenario = Scenario::parse(&String::from_utf8_lossy(&read(path)?))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut sources = Sources::default();
        for file in scenario.files() {
            sources.0.insert(file.clone(), read(&folder.join(file))?);
        }
        Ok((scenario, sources))
    }

    /// The files that it names.
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.fleet.iter().flat_map(|fleet| {
            let deployed = fleet.deploy.iter().flat_map(|deploy| [&deploy.agent, &deploy.device]);
            let board = fleet.board.iter().filter(|board| Board::ready_text(&board.to_string_lossy()).is_none());
            [&fleet.agent, &fleet.device].into_iter().chain(deployed).flatten().chain(board)
        })
    }

    fn check(&self) -> Result<(), String> {
        if self.fleet.is_empty() {
            return Err("there is no [[fleet]]".to_owned());
        }
        let (network, power) = (&self.network, &self.power);
        for (name, share) in [("network.loss", network.loss)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("{name} is a share: between 0 and 1"));
            }
        }
        let ranges = [
            ("network.delay_ms", network.delay_ms),
            ("network.outage_s", network.outage_s),
            ("power.cut_s", power.cut_s),
        ];
        for (name, (least, most)) in ranges {
            if least < 0 || least > most {
                return Err(format!("{name} is [least, most]"));
            }
        }
        for visit in &self.visit {
            if !self.fleet.iter().any(|fleet| fleet.name == visit.fleet) {
                return Err(format!("a [[visit]] is to the fleet {:?}, which there is not", visit.fleet));
            }
            if visit.every.is_some_and(|every| every.us <= 0) {
                return Err("every of a [[visit]] must be longer than nothing".to_owned());
            }
        }
        for fleet in &self.fleet {
            if fleet.board.is_some() && fleet.imp_type.is_some() {
                return Err(format!(
                    "the board of the fleet {:?} says the type of its imps: leave out imp_type",
                    fleet.name
                ));
            }
            if let Some(problem) = fleet.input.iter().find_map(Input::problem) {
                return Err(format!("an input of the fleet {:?} {problem}", fleet.name));
            }
            for (name, value) in &fleet.variables {
                if !value.is_str() && !value.is_integer() && !value.is_float() {
                    return Err(format!(
                        "the variable {name} of the fleet {:?} is neither a string nor a number",
                        fleet.name
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Fleet {
    /// What is wired to its imps: it has all that the fleet's inputs and outputs name.
    pub(crate) fn board(&self, sources: &Sources) -> Result<Board, ScenarioError> {
        let board = self.board_alone(sources)?;
        let input = self.input.iter().find_map(|input| input.unknown_on(&board));
        let output = outputs::unknown_on(&self.watch, &board);
        let unknown = input.map(|name| (name, "pin or signal")).or(output.map(|name| (name, "output")));
        match unknown {
            Some((name, kind)) => Err(ScenarioError::Syntax {
                place: String::new(),
                message: format!("the board of the fleet {:?} has no {kind} {name:?}", self.name),
            }),
            None => Ok(board),
        }
    }

    fn board_alone(&self, sources: &Sources) -> Result<Board, ScenarioError> {
        let Some(named) = &self.board else {
            let imp_type = self.imp_type.as_deref().unwrap_or("imp004m");
            return Board::parse(&format!("imp = {imp_type:?}")).map_err(|error| ScenarioError::Syntax {
                place: String::new(),
                message: format!("imp_type of the fleet {:?}: {}", self.name, error.message),
            });
        };
        if let Some(board) = Board::ready(&named.to_string_lossy()) {
            return Ok(board);
        }
        let mistake = |error: String| ScenarioError::Code { path: named.clone(), error };
        let text = String::from_utf8(sources.of(Some(named))).map_err(|error| mistake(error.to_string()))?;
        Board::parse(&text).map_err(|error| mistake(error.to_string()))
    }
}

/// Code and boards by the files that they stand in.
#[derive(Clone, Debug, Default)]
pub struct Sources(pub BTreeMap<PathBuf, Vec<u8>>);

impl Sources {
    /// The code of a file; nothing without a file.
    pub(crate) fn of(&self, file: Option<&PathBuf>) -> Vec<u8> {
        file.and_then(|file| self.0.get(file)).cloned().unwrap_or_default()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    std::fs::read(path).map_err(|source| ScenarioError::File { path: path.to_owned(), source })
}

/// The line and column where a span begins.
fn place(text: &str, span: &Range<usize>) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    format!("line {line}, column {column}: ")
}
