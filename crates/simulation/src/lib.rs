//! Whole fleets in virtual time: the agents and imps of many devices in one process, with delays, losses, outages, power cuts and
//! clocks that drift. The same scenario and seed give the same bytes, on every machine.
//!
//! Programs are real ones, and so are the machines that run them and the protocol between imps and the cloud; what is simulated is
//! time, the network, and the servers that agents ask.

mod chance;
mod cloud;
mod engine;
mod inputs;
mod outputs;
mod page;
mod plot;
mod report;
mod scenario;
mod wire;

pub use engine::{Line, simulate};
pub use inputs::{Applied, Input, Level};
pub use report::{Counters, Report};
pub use scenario::{Scenario, ScenarioError, Sources};
