//! What the store knows of agents: which are to run, what they run, and what they keep.

use crate::{
    DeviceProgram, FactoryFixture, Store, StoreError, conn::Conn, deployments, device_groups, line, products,
    select::group_kind,
};
use impstead_model::{DeploymentId, DeviceGroupId, DeviceGroupType, DeviceId, RestartKind};

/// What an agent should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentOrders {
    /// Where its device is; nowhere without a group.
    pub place: Option<AgentPlace>,
    /// Whether the store says that it runs.
    pub is_running: bool,
    /// Whether its device is connected.
    pub is_connected: bool,
    /// The address by which the device is or was connected.
    pub ip_address: Option<String>,
    /// What it should run: the current deployment of the device's group. None if there is to be no agent: the device is in no
    /// group, or in one without deployments, it has been away for too long, or the group's owner is disabled.
    pub current: Option<DeploymentId>,
    /// The deployment that it runs or ran last.
    pub runs: Option<DeploymentId>,
    /// Whether that is of the device's group and not older than the minimum supported deployment.
    pub supported: bool,
    /// The restart that somebody asked for and that has not been carried out, and when it was asked for.
    pub restart: Option<(RestartKind, i64)>,
    /// What its program saved last.
    pub saved: Option<Vec<u8>>,
    /// The user name of the group's owner, in small letters; empty without a group.
    pub owner: String,
    /// The factory fixture that the device has to do with.
    pub fixture: Option<FactoryFixture>,
    /// What is kept of it since it slept, if that was asked for.
    pub snapshot: Option<Vec<u8>>,
}

/// Where an agent's device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPlace {
    /// The device's group.
    pub group: DeviceGroupId,
    /// The group's type.
    pub kind: DeviceGroupType,
    /// The agent's id.
    pub agent_id: String,
}

/// An agent that sleeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SleepingAgent {
    /// Its device.
    pub device: DeviceId,
    /// Its id.
    pub agent_id: String,
    /// The device's group.
    pub group: DeviceGroupId,
    /// The group's type.
    pub kind: DeviceGroupType,
    /// When its next timer is due, Unix time in milliseconds.
    pub wake_ms: Option<i64>,
    /// Whether it hears of its device coming and going.
    pub wants_connection: bool,
}

/// An agent put to sleep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSnapshot {
    /// Its id.
    pub agent_id: String,
    /// The agent as bytes.
    pub bytes: Vec<u8>,
    /// When its next timer is due, Unix time in milliseconds.
    pub wake_ms: Option<i64>,
    /// Whether it hears of its device coming and going.
    pub wants_connection: bool,
}

impl Store {
    /// Returns the devices whose agents are to run, with the agents' ids: those in a group, or in this group, that has a deployment and an owner who
    /// is not disabled. Not those that have been away since before `away_ms`.
    pub async fn devices_with_agents(
        &self,
        group: Option<&DeviceGroupId>,
        away_ms: i64,
    ) -> Result<Vec<(DeviceId, String)>, StoreError> {
        let group = group.cloned();
        self.read(move |conn| {
            conn.all(
                "select d.id, d.agent_id from device d
                   join device_group g on g.id = d.group_id
                   join account o on o.id = g.owner_id
                 where d.agent_id is not null and g.current_deployment_id is not null and not o.disabled
                   and (cast(?1 as text) is null or g.id = ?1)
                   and (d.online or d.state_changed_ms is null or d.state_changed_ms >= ?2)
                 order by d.id",
                &[&group.as_ref().map(DeviceGroupId::as_str), &away_ms],
                |row| Ok((row.get::<String>(0)?.into(), row.get(1)?)),
            )
        })
        .await
    }

    /// Returns the devices whose agents run and which have been away since before `away_ms`.
    pub async fn devices_away(&self, away_ms: i64) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |conn| {
            conn.all(
                "select id from device where agent_running and not online and state_changed_ms < ?1",
                &[&away_ms],
                |row| row.get::<String>(0).map(|id| DeviceId::new(&id)),
            )
        })
        .await
    }

    /// Returns what a device's agent should do, `with_snapshot` or without; `None` if there is no such device. One that has been
    /// away since before `away_ms` is to have no agent.
    pub async fn agent_orders(
        &self,
        device: &DeviceId,
        away_ms: i64,
        with_snapshot: bool,
    ) -> Result<Option<AgentOrders>, StoreError> {
        let id = device.clone();
        self.read(move |conn| orders(conn, &id, away_ms, with_snapshot)).await
    }

    /// Notes what a device's agent runs from now on, nothing with `None`, and that a restart asked for up to `restarted_ms` is
    /// carried out.
    pub async fn agent_runs(
        &self,
        device: &DeviceId,
        deployment: Option<&DeploymentId>,
        restarted_ms: Option<i64>,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let (id, deployment) = (device.clone(), deployment.cloned());
        self.write(move |conn| {
            conn.run(
                "update device
                 set agent_running = ?2, agent_deployment_id = coalesce(?3, agent_deployment_id),
                     agent_state_changed_ms = case when agent_running = ?2 then agent_state_changed_ms else ?5 end,
                     agent_restart_kind = case when agent_restart_ms <= ?4 then null else agent_restart_kind end,
                     agent_restart_ms = case when agent_restart_ms <= ?4 then null else agent_restart_ms end
                 where id = ?1",
                &[
                    &id.as_str(),
                    &deployment.is_some(),
                    &deployment.as_ref().map(DeploymentId::as_str),
                    &restarted_ms.unwrap_or(i64::MIN),
                    &at_ms,
                ],
            )
            .map(drop)
        })
        .await
    }

    /// Notes that no agent runs but those that sleep, and returns how many were said to: after a start none is left.
    pub async fn stop_all_agents(&self, at_ms: i64) -> Result<u64, StoreError> {
        self.write(move |conn| {
            conn.run(
                "update device set agent_running = ?1, agent_state_changed_ms = ?2
                 where agent_running and not exists (select 1 from agent_sleep s where s.agent_id = device.agent_id)",
                &[&false, &at_ms],
            )
        })
        .await
    }

    /// Returns the agents that sleep.
    pub async fn sleeping_agents(&self) -> Result<Vec<SleepingAgent>, StoreError> {
        self.read(|conn| {
            conn.all(
                "select d.id, s.agent_id, d.group_id, d.group_kind, s.wake_ms, s.wants_connection
                 from agent_sleep s join device d on d.agent_id = s.agent_id
                 where d.group_id is not null",
                &[],
                |row| {
                    Ok(SleepingAgent {
                        device: row.get::<String>(0)?.into(),
                        agent_id: row.get(1)?,
                        group: row.get::<String>(2)?.into(),
                        kind: group_kind("device", &row.get::<String>(3)?)?,
                        wake_ms: row.get(4)?,
                        wants_connection: row.get(5)?,
                    })
                },
            )
        })
        .await
    }

    /// Keeps an agent that goes to sleep, in the place of what was kept of it before.
    pub async fn keep_agent_snapshot(&self, snapshot: AgentSnapshot) -> Result<(), StoreError> {
        self.write(move |conn| {
            let AgentSnapshot { agent_id, bytes, wake_ms, wants_connection } = &snapshot;
            conn.run(
                "insert into agent_snapshot (agent_id, snapshot) values (?1, ?2)
                 on conflict (agent_id) do update set snapshot = excluded.snapshot",
                &[agent_id, bytes],
            )?;
            conn.run(
                "insert into agent_sleep (agent_id, wake_ms, wants_connection) values (?1, ?2, ?3)
                 on conflict (agent_id) do update
                 set wake_ms = excluded.wake_ms, wants_connection = excluded.wants_connection",
                &[agent_id, wake_ms, wants_connection],
            )
            .map(drop)
        })
        .await
    }

    /// Notes that agents do not sleep any more.
    pub async fn agents_woke(&self, agent_ids: &[String]) -> Result<(), StoreError> {
        let agent_ids = agent_ids.to_owned();
        self.write(move |conn| {
            for agent_id in &agent_ids {
                conn.run("delete from agent_sleep where agent_id = ?1", &[agent_id])?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps what an agent saved.
    pub async fn save_agent_data(&self, agent_id: &str, data: Vec<u8>) -> Result<(), StoreError> {
        let agent_id = agent_id.to_owned();
        self.write(move |conn| {
            conn.run("update agent set saved = ?2 where agent_id = ?1", &[&agent_id, &data]).map(drop)
        })
        .await
    }

    /// Returns a deployment's agent code and what goes into its environment.
    pub async fn agent_program(&self, deployment: &DeploymentId) -> Result<Option<DeviceProgram>, StoreError> {
        let id = deployment.clone();
        self.read(move |conn| program(conn, &id, "agent_code")).await
    }
}

/// Reads one of the two programs of a deployment, and what goes into its environment.
pub(crate) fn program(
    conn: &mut Conn<'_>,
    id: &DeploymentId,
    column: &str,
) -> Result<Option<DeviceProgram>, StoreError> {
    let Some(deployment) = deployments::find(conn, id)? else { return Ok(None) };
    let group = device_groups::find(conn, &deployment.group)?;
    let product = products::find(conn, &deployment.product)?;
    let query = format!("select {column} from code where sha = ?1");
    let code = conn.first(&query, &[&deployment.sha], |row| row.get::<Vec<u8>>(0))?;
    // They may have been deleted between the queries.
    let (Some(group), Some(product), Some(code)) = (group, product, code) else { return Ok(None) };
    Ok(Some(DeviceProgram { deployment, group, product, code: deployments::decompress(&code)? }))
}

/// Reads what an agent should do.
fn orders(
    conn: &mut Conn<'_>,
    id: &DeviceId,
    away_ms: i64,
    with_snapshot: bool,
) -> Result<Option<AgentOrders>, StoreError> {
    let mut orders = conn.first(
        "select d.group_id, d.group_kind, d.agent_id, d.agent_running, d.online, d.ip_address, d.state_changed_ms,
                g.current_deployment_id, d.agent_deployment_id, r.group_id, r.created_ms, m.created_ms,
                d.agent_restart_kind, d.agent_restart_ms, o.disabled, o.username_key, a.saved, s.snapshot
         from device d
           left join device_group g on g.id = d.group_id
           left join account o on o.id = g.owner_id
           left join deployment r on r.id = d.agent_deployment_id
           left join deployment m on m.id = g.min_supported_deployment_id
           left join agent a on a.agent_id = d.agent_id
           left join agent_snapshot s on s.agent_id = d.agent_id and ?2
         where d.id = ?1",
        &[&id.as_str(), &with_snapshot],
        |row| {
            let place = match (row.get::<Option<String>>(0)?, row.get::<Option<String>>(2)?) {
                (Some(group), Some(agent_id)) => Some(AgentPlace {
                    group: group.into(),
                    kind: group_kind("device", &row.get::<String>(1)?)?,
                    agent_id,
                }),
                _ => None,
            };
            let (is_connected, changed_ms): (bool, Option<i64>) = (row.get(4)?, row.get(6)?);
            let is_away = !is_connected && changed_ms.is_some_and(|changed_ms| changed_ms < away_ms);
            let is_stopped = is_away || row.get::<Option<bool>>(14)?.unwrap_or_default();
            let (of, created_ms): (Option<String>, Option<i64>) = (row.get(9)?, row.get(10)?);
            let minimum_ms: Option<i64> = row.get(11)?;
            let restart = match (row.get::<Option<String>>(12)?, row.get::<Option<i64>>(13)?) {
                (Some(kind), Some(asked_ms)) => {
                    let what = || format!("the agent's restart of device {id}");
                    let corrupt = || StoreError::Corrupt { table: "device", what: what() };
                    Some((RestartKind::parse(&kind).ok_or_else(corrupt)?, asked_ms))
                }
                _ => None,
            };
            Ok(AgentOrders {
                current: row.get::<Option<String>>(7)?.filter(|_| !is_stopped).map(DeploymentId::from),
                runs: row.get::<Option<String>>(8)?.map(DeploymentId::from),
                supported: place.as_ref().is_some_and(|place| of.as_deref() == Some(place.group.as_str()))
                    && created_ms >= minimum_ms,
                place,
                is_running: row.get(3)?,
                is_connected,
                ip_address: row.get(5)?,
                restart,
                saved: row.get(16)?,
                owner: row.get::<Option<String>>(15)?.unwrap_or_default(),
                fixture: None,
                snapshot: row.get(17)?,
            })
        },
    )?;
    if let Some(orders) = &mut orders {
        orders.fixture = line::factory_fixture(conn, id, orders.place.as_ref().map(|place| place.kind))?;
    }
    Ok(orders)
}
