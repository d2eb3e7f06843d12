//! Which device is in which device group.

use crate::{
    Act, Conflict, Store, StoreError, Wake,
    conn::{Conn, Lock},
    device_groups::{self, Fixed},
    devices,
};
use impstead_model::{Assignment, Device, DeviceGroupId, DeviceId, Entropy, RestartKind, check_move};

impl Store {
    /// Assigns a device to a group, from wherever it is, asks it to restart, and returns it; `None` if the device is
    /// not there.
    ///
    /// The agent id is that of the pair of device and plan: made now, or the one it had before. Where the device is in
    /// the group already, only the restart is recorded. The device's owner stays, whoever owns the group.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `device_group`, [`Conflict::Move`].
    pub async fn assign_device(
        &self,
        group: &DeviceGroupId,
        device: &DeviceId,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        let (group, id) = (group.clone(), device.clone());
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(None);
            }
            let Some(mut device) = devices::find(conn, &id)? else { return Ok(None) };
            let Fixed { id: group, kind, product, owner } =
                device_groups::fixed(conn, Some(Lock::Keep), &group)?.ok_or(Conflict::Missing("device_group"))?;
            let mut group = Assignment { group, kind, product, owner, agent_id: String::new() };
            if device.assignment.as_ref().is_some_and(|assignment| assignment.group == group.group) {
                devices::request_restart(conn, "id", id.as_str(), RestartKind::Restart, act.at_ms)?;
                record(conn, &act, "device.restart", &device, &group)?;
                conn.wake(Wake::Device(id.clone()));
                return Ok(Some(device));
            }
            check_move(&device, group.kind, &group.product).map_err(Conflict::Move)?;
            group.agent_id = agent_id(conn, &device, &*act.entropy)?;
            device.updated_ms = act.at_ms;
            conn.run(
                "update device
                 set group_id = ?2, group_kind = ?3, product_id = ?4, group_owner_id = ?5, agent_id = ?6, deployment_id = null,
                     updated_ms = ?7
                 where id = ?1",
                &[
                    &id.as_str(),
                    &group.group.as_str(),
                    &group.kind.as_str(),
                    &group.product.as_str(),
                    &group.owner.as_str(),
                    &group.agent_id,
                    &device.updated_ms,
                ],
            )?;
            devices::request_restart(conn, "id", id.as_str(), RestartKind::Restart, act.at_ms)?;
            let event = if device.assignment.is_some() { "moved" } else { "assigned" };
            devices::add_history(conn, &act, &device, event)?;
            record(conn, &act, "device.assign", &device, &group)?;
            conn.wake(Wake::Device(id.clone()));
            device.assignment = Some(group);
            Ok(Some(device))
        })
        .await
    }

    /// Takes a device out of a group and says whether the device was there. A blessed device is un-blessed.
    ///
    /// # Errors
    /// [`Conflict::DeviceUnassigned`] if the device is not in this group.
    pub async fn unassign_device(
        &self,
        group: &DeviceGroupId,
        device: &DeviceId,
        act: Act,
    ) -> Result<bool, StoreError> {
        let (group, id) = (group.clone(), device.clone());
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(false);
            }
            let Some(device) = devices::find(conn, &id)? else { return Ok(false) };
            let Some(group) = device.assignment.as_ref().filter(|assignment| assignment.group == group) else {
                return Err(Conflict::DeviceUnassigned.into());
            };
            // A restart asked for goes with the group: there is no agent and no code any more.
            conn.run(
                "update device
                 set group_id = null, group_kind = null, product_id = null, group_owner_id = null, agent_id = null,
                     blessed = ?2, agent_running = ?2, agent_state_changed_ms = null,
                     restart_kind = null, restart_requested_ms = null, deployment_id = null,
                     agent_restart_kind = null, agent_restart_ms = null, agent_deployment_id = null, updated_ms = ?3
                 where id = ?1",
                &[&id.as_str(), &false, &act.at_ms],
            )?;
            devices::add_history(conn, &act, &device, if device.blessed { "unblessed" } else { "unassigned" })?;
            record(conn, &act, "device.unassign", &device, group)?;
            conn.wake(Wake::Device(id.clone()));
            Ok(true)
        })
        .await
    }
}

/// Writes an audit row for the device's owner, and one for the group's where that is another account.
fn record(conn: &mut Conn<'_>, act: &Act, action: &str, device: &Device, group: &Assignment) -> Result<(), StoreError> {
    let target = ("device", device.id.as_str());
    act.record(conn, &device.owner, action, target, Some(group.group.as_str()))?;
    if group.owner != device.owner {
        act.record(conn, &group.owner, action, target, Some(group.group.as_str()))?;
    }
    Ok(())
}

/// Returns the id of the agent that belongs to a device and its plan, making it the first time.
pub(crate) fn agent_id(conn: &mut Conn<'_>, device: &Device, entropy: &dyn Entropy) -> Result<String, StoreError> {
    let plan = device.plan_id.as_deref().unwrap_or("");
    let known = conn.first(
        "select agent_id from agent where device_id = ?1 and plan_id = ?2",
        &[&device.id.as_str(), &plan],
        |row| row.get(0),
    )?;
    if let Some(known) = known {
        return Ok(known);
    }
    let agent_id = random_agent_id(entropy);
    conn.run(
        "insert into agent (device_id, plan_id, agent_id) values (?1, ?2, ?3)",
        &[&device.id.as_str(), &plan, &agent_id],
    )?;
    Ok(agent_id)
}

/// Returns 12 random characters of the URL-safe base64 alphabet.
fn random_agent_id(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    entropy.bytes::<12>().iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
}
