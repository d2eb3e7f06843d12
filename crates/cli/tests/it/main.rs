//! Each command as its user sees it: command line, exit code, standard output, standard error.

mod deployments;
mod devices;
mod failures;
mod groups;
mod live;
mod logs;
mod products;
#[expect(dead_code, reason = "the tests of the client need more of it")]
#[path = "../../../client/tests/it/scripted.rs"]
mod scripted;
mod service;
mod sign_in;
mod squirrel;
mod virtual_imps;
mod webhooks;
mod world;
