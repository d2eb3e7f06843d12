//! What the store knows of agents: which are to run, what they run, and what they keep.

use crate::{DeviceProgram, Store, StoreError, conn::Conn, deployments, device_groups, devices, products};
use impstead_model::{DeploymentId, Device, DeviceGroupId, DeviceId, RestartKind};

/// What an agent should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentOrders {
    /// Its device.
    pub device: Device,
    /// What it should run: the current deployment of the device's group. None if the device is in no group, or in one without
    /// deployments; then there is no agent.
    pub current: Option<DeploymentId>,
    /// The deployment that it runs or ran last.
    pub runs: Option<DeploymentId>,
    /// Whether that is of the device's group and not older than the minimum supported deployment.
    pub supported: bool,
    /// The restart that somebody asked for and that has not been carried out, and when it was asked for.
    pub restart: Option<(RestartKind, i64)>,
    /// What its program saved last.
    pub saved: Option<Vec<u8>>,
}

impl Store {
    /// Returns the devices whose agents are to run: those in a group, or in this group, that has a deployment.
    pub async fn devices_with_agents(&self, group: Option<&DeviceGroupId>) -> Result<Vec<DeviceId>, StoreError> {
        let group = group.cloned();
        self.read(move |conn| {
            conn.all(
                "select d.id from device d join device_group g on g.id = d.group_id
                 where g.current_deployment_id is not null and (cast(?1 as text) is null or g.id = ?1)
                 order by d.id",
                &[&group.as_ref().map(DeviceGroupId::as_str)],
                |row| row.get::<String>(0).map(|id| DeviceId::new(&id)),
            )
        })
        .await
    }

    /// Returns what a device's agent should do; `None` if there is no such device.
    pub async fn agent_orders(&self, device: &DeviceId) -> Result<Option<AgentOrders>, StoreError> {
        let id = device.clone();
        self.read(move |conn| orders(conn, &id)).await
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

    /// Notes that no agent runs, and returns how many were said to: after a start none is left.
    pub async fn stop_all_agents(&self, at_ms: i64) -> Result<u64, StoreError> {
        self.write(move |conn| {
            conn.run(
                "update device set agent_running = ?1, agent_state_changed_ms = ?2 where agent_running",
                &[&false, &at_ms],
            )
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

/// Reads what an agent should do, in two queries.
fn orders(conn: &mut Conn<'_>, id: &DeviceId) -> Result<Option<AgentOrders>, StoreError> {
    let Some(device) = devices::find(conn, id)? else { return Ok(None) };
    conn.first(
        "select g.current_deployment_id, d.agent_deployment_id, r.group_id, r.created_ms, m.created_ms,
                d.agent_restart_kind, d.agent_restart_ms, a.saved
         from device d
           left join device_group g on g.id = d.group_id
           left join deployment r on r.id = d.agent_deployment_id
           left join deployment m on m.id = g.min_supported_deployment_id
           left join agent a on a.agent_id = d.agent_id
         where d.id = ?1",
        &[&id.as_str()],
        |row| {
            let corrupt = |what: &str| StoreError::Corrupt { table: "device", what: format!("{what} of device {id}") };
            let restart = match (row.get::<Option<String>>(5)?, row.get::<Option<i64>>(6)?) {
                (Some(kind), Some(asked_ms)) => {
                    Some((RestartKind::parse(&kind).ok_or_else(|| corrupt("the agent's restart"))?, asked_ms))
                }
                _ => None,
            };
            let group = device.assignment.as_ref().map(|assignment| assignment.group.as_str());
            let (of, created_ms): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let minimum_ms: Option<i64> = row.get(4)?;
            Ok(AgentOrders {
                current: row.get::<Option<String>>(0)?.map(DeploymentId::from),
                runs: row.get::<Option<String>>(1)?.map(DeploymentId::from),
                supported: of.is_some() && of.as_deref() == group && created_ms >= minimum_ms,
                restart,
                saved: row.get(7)?,
                device,
            })
        },
    )
}
