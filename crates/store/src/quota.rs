//! Quotas: how much an account holds, and whether one more is allowed.
//!
//! Counting rows would cost more with every row, so creates and deletes keep counters, in the same unit of work. On
//! PostgreSQL each connection has its own shard of them, so that concurrent creates do not wait for each other's
//! commits; each then may see the same last free place, and an account may pass its limit by the number of connections.
//! Login keys, which are few and whose limit is the vendor's, are counted exactly (see `login_keys.rs`).

use crate::{Conflict, Store, StoreError, conn::Conn};
use impstead_model::{AccountId, Quota, Usage};

/// Something of which an account may hold only so many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holding {
    Products,
    DeviceGroups,
    Deployments,
    Devices,
    Webhooks,
}

impl Holding {
    /// Returns the name in the counters and after `quota_` in the account's columns.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::DeviceGroups => "device_groups",
            Self::Deployments => "deployments",
            Self::Devices => "devices",
            Self::Webhooks => "webhooks",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::DeviceGroups => "device groups",
            other => other.as_str(),
        }
    }

    fn default_limit(self) -> i64 {
        let quota = Quota::default();
        match self {
            Self::Products => quota.products,
            Self::DeviceGroups => quota.device_groups,
            Self::Deployments => quota.deployments,
            Self::Devices => quota.devices,
            Self::Webhooks => quota.webhooks,
        }
    }
}

/// Counts one more, if the account may hold it.
///
/// # Errors
/// [`Conflict::QuotaReached`], [`Conflict::Missing`] `account`.
pub(crate) fn take(conn: &mut Conn<'_>, owner: &AccountId, holding: Holding) -> Result<(), StoreError> {
    let what = holding.as_str();
    let taken = conn.run(
        &format!(
            "insert into usage_counter (account_id, what, shard, value)
             select a.id, ?2, cast(?3 as bigint), 1 from account a
             where a.id = ?1 and coalesce(a.quota_{what}, ?4) >
               (select cast(coalesce(sum(u.value), 0) as bigint) from usage_counter u where u.account_id = ?1 and u.what = ?2)
             on conflict (account_id, what, shard) do update set value = usage_counter.value + 1"
        ),
        &[&owner.as_str(), &what, &conn.shard(), &holding.default_limit()],
    )?;
    if taken == 1 {
        return Ok(());
    }
    let limit =
        conn.first(&format!("select quota_{what} from account where id = ?1"), &[&owner.as_str()], |row| row.get(0))?;
    Err(match limit {
        None => Conflict::Missing("account"),
        Some(limit) => Conflict::QuotaReached {
            what: holding.in_words(),
            limit: Option::<i64>::unwrap_or(limit, holding.default_limit()),
        },
    }
    .into())
}

/// Counts some less.
pub(crate) fn give_back(
    conn: &mut Conn<'_>,
    owner: &AccountId,
    holding: Holding,
    count: u64,
) -> Result<(), StoreError> {
    if count == 0 {
        return Ok(());
    }
    conn.run(
        "insert into usage_counter (account_id, what, shard, value) values (?1, ?2, ?3, ?4)
         on conflict (account_id, what, shard) do update set value = usage_counter.value + excluded.value",
        &[&owner.as_str(), &holding.as_str(), &conn.shard(), &-count.cast_signed()],
    )?;
    Ok(())
}

impl Store {
    /// Returns how much an account holds: zeros for one that is not there.
    pub async fn usage(&self, id: &AccountId) -> Result<Usage, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let counts = conn.all(
                "select what, cast(sum(value) as bigint) from usage_counter where account_id = ?1 group by what",
                &[&id.as_str()],
                |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
            )?;
            let of = |holding: Holding| {
                counts.iter().find(|(what, _)| what == holding.as_str()).map_or(0, |&(_, count)| count)
            };
            let login_keys =
                conn.first("select count(*) from login_key where account_id = ?1", &[&id.as_str()], |row| row.get(0))?;
            Ok(Usage {
                products: of(Holding::Products),
                device_groups: of(Holding::DeviceGroups),
                deployments: of(Holding::Deployments),
                devices: of(Holding::Devices),
                webhooks: of(Holding::Webhooks),
                login_keys: login_keys.unwrap_or(0),
            })
        })
        .await
    }
}
