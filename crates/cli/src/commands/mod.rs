//! What each command does, a file per kind of resource.

pub mod deployments;
pub mod devices;
pub mod groups;
pub mod logs;
pub mod products;
pub mod sign_in;
pub mod squirrel;
pub mod virtual_imps;
pub mod webhooks;
