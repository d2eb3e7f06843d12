//! Impstead's own API, `/impstead/v1`: what the impCentral API lacks, in the same form.

mod one_time_password;
pub mod totp;
