//! Impstead's own API, `/impstead/v1`: what the impCentral API lacks, in the same form.

pub mod audit;
pub mod collaborators;
mod one_time_password;
pub mod password;
pub mod quota;
pub mod sessions;
pub mod totp;
pub mod unbonding_key;
