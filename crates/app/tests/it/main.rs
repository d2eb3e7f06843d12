//! The program as its user sees it: command lines, exit codes, files, signals.

mod arrows;
mod backup;
mod commands;
mod configuration;
mod demo;
mod imps;
mod key;
mod kill;
mod program;
mod schema;
mod signals;
