//! What the protocol promises, tested from outside.

mod document;
mod examples;
mod frames;
mod generate;
mod handshake;
mod hostile;
mod link;
mod sizes;
mod split;
mod values;
mod vectors;
