//! `/impstead/v1`

mod audit;
mod collaborators;
mod password;
mod quota;
mod sessions;
mod totp;
mod unbonding_key;
mod virtual_imps;
mod webhook_deliveries;
