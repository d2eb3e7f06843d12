//! The contract suite: what every method of the store does, on SQLite and on PostgreSQL alike.
//!
//! Each test is a function of a fresh database and runs once per backend. PostgreSQL is the server that
//! `IMPSTEAD_TEST_POSTGRES` names (see `scripts/with-postgres.sh`); without it those runs are skipped, loudly.

mod fixture;

mod accounts;
mod assignments;
mod audit;
mod backup;
mod collaborators;
mod concurrency;
mod counters;
mod deliveries;
mod deployments;
mod device_groups;
mod devices;
mod line;
mod lists;
mod login_keys;
mod logs;
mod outages;
mod products;
mod quotas;
mod reseal;
mod schema;
mod sessions;
mod totp;
mod unbonding;
mod virtual_imps;
mod webhooks;
