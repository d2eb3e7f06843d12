use crate::{
    Store, StoreError,
    conn::{Conn, Lock},
};
use impstead_model::DeviceGroupId;

/// How often something happened in a device group within an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourlyCount {
    /// Start of the hour.
    pub hour_ms: i64,
    /// What happened, for example `deployments`.
    pub name: String,
    /// How often.
    pub value: i64,
}

impl Store {
    /// Adds to a counter of the hour that holds `at_ms`. A group that is not there (any more) counts nothing.
    pub async fn bump_counter(&self, group: &DeviceGroupId, name: &str, by: i64, at_ms: i64) -> Result<(), StoreError> {
        let (group, name) = (group.clone(), name.to_owned());
        self.write(move |conn| {
            if conn.lock_row(Lock::Keep, "device_group", group.as_str())? {
                bump(conn, &group, &name, by, at_ms)?;
            }
            Ok(())
        })
        .await
    }

    /// Lists a group's counters of the hours that start from `from_ms` up to, not including, `to_ms`, by hour and name.
    /// Hours in which nothing happened are missing.
    pub async fn counters(
        &self,
        group: &DeviceGroupId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<HourlyCount>, StoreError> {
        let group = group.clone();
        self.read(move |conn| {
            conn.all(
                "select hour_ms, name, value from hourly_counter
                 where group_id = ?1 and hour_ms >= ?2 and hour_ms < ?3
                 order by hour_ms, name",
                &[&group.as_str(), &from_ms, &to_ms],
                |row| Ok(HourlyCount { hour_ms: row.get(0)?, name: row.get(1)?, value: row.get(2)? }),
            )
        })
        .await
    }
}

/// Adds to a counter, within a unit of work that keeps the group from being deleted.
pub(crate) fn bump(
    conn: &mut Conn<'_>,
    group: &DeviceGroupId,
    name: &str,
    by: i64,
    at_ms: i64,
) -> Result<(), StoreError> {
    const HOUR_MS: i64 = 3_600_000;
    conn.run(
        "insert into hourly_counter (group_id, hour_ms, name, value) values (?1, ?2, ?3, ?4)
         on conflict (group_id, hour_ms, name) do update set value = hourly_counter.value + excluded.value",
        &[&group.as_str(), &(at_ms - at_ms.rem_euclid(HOUR_MS)), &name, &by],
    )?;
    Ok(())
}
