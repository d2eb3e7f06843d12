//! A whole server in the process of a test, on a port of its own: the real listener, the real store, and a clock,
//! randomness and password cost that suit tests.
//!
//! ```no_run
//! # async fn example() {
//! for backend in impstead_testkit::backends() {
//!     let server = impstead_testkit::TestServer::start(backend, |_| {}).await;
//!     let grower = server.signed_in("grower").await;
//!     let product = grower.product("Greenhouse").await;
//!     let answer = grower.get(&format!("/v5/products/{product}")).await;
//!     assert_eq!(answer.status, 200);
//!     assert_eq!(answer.json["data"]["attributes"]["name"], "Greenhouse");
//! }
//! # }
//! ```
//!
//! The clock stands still unless told otherwise, and randomness comes from a seed: the same test gets the same ids,
//! tokens and times in each run, so whole answers can be compared with what they were.

mod client;
mod database;
mod device;
mod ports;
mod server;

pub use client::{Answer, Client};
pub use database::{Backend, Database, backends};
pub use device::{DeviceIdentity, TestDevice};
pub use ports::{START_MS, SeededEntropy, TestClock};
pub use server::{PASSWORD, TestServer};
/// For what no device of the protocol would send.
pub use tokio_tungstenite::tungstenite;
