//! What the store knows of devices that connect: who they are, what they should run, and what they say of themselves.

use crate::{
    Act, Conflict, Store, StoreError, Wake, agents, assignments,
    conn::{Conn, Lock},
    device_groups, devices, webhooks,
};
use impstead_model::{
    Assignment, Deployment, DeploymentId, Device, DeviceGroup, DeviceGroupId, DeviceGroupType, DeviceId, MoveRefusal,
    Product, RestartKind, WebhookEvent, blessing_imp_id,
};

/// Connection events kept of each device.
const MOST_EVENTS: i64 = 100;

/// A device that has just connected.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Id of the connection, another for each.
    pub connection: String,
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// Address it connects from.
    pub ip_address: Option<String>,
    /// SHA-256 of the program that it has stored.
    pub program: Option<[u8; 32]>,
    /// What it says of itself.
    pub facts: DeviceFacts,
}

/// What a device says of itself; `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// impOS version.
    pub swversion: Option<String>,
    /// Free memory, in bytes.
    pub free_memory: Option<i64>,
    /// Signal strength, in dBm.
    pub rssi: Option<i64>,
}

/// What a device should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// The device.
    pub device: Device,
    /// What it should run: the current deployment of its group. None if it is in no group, or one without deployments.
    pub current: Option<Current>,
    /// The deployment that it runs, as far as is known.
    pub runs: Option<DeploymentId>,
    /// Whether what it runs is of its group and not older than the minimum supported deployment.
    pub supported: bool,
    /// The restart that somebody asked for and that has not been carried out, and when it was asked for.
    pub restart: Option<(RestartKind, i64)>,
}

/// A device group's current deployment, as far as devices are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// The deployment.
    pub deployment: DeploymentId,
    /// SHA-256 of its device code.
    pub program: [u8; 32],
}

/// A deployment's device code and what goes into its environment.
#[derive(Clone, Debug)]
pub struct DeviceProgram {
    /// The deployment.
    pub deployment: Deployment,
    /// Its group.
    pub group: DeviceGroup,
    /// Its product.
    pub product: Product,
    /// The device code.
    pub code: Vec<u8>,
}

/// An enrolment: BlinkUp, or what stands in for it.
#[derive(Clone, Debug, Default)]
pub struct Enrolment {
    /// The enrolment plan; empty for none.
    pub plan_id: String,
    /// The enrolment token; may be empty.
    pub token: String,
    /// The factory fixture that did it, if one did.
    pub fixture: Option<DeviceId>,
}

impl Store {
    /// Returns the Ed25519 public key by which a device proves to be itself.
    pub async fn device_public_key(&self, id: &DeviceId) -> Result<Option<[u8; 32]>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let key = conn
                .first("select public_key from device where id = ?1", &[&id.as_str()], |row| row.get::<Vec<u8>>(0))?;
            let corrupt = |_| StoreError::Corrupt { table: "device", what: format!("the public key of {id}") };
            key.map(|key| key.try_into().map_err(corrupt)).transpose()
        })
        .await
    }

    /// Marks a device as connected, by this connection and no older one, and returns its orders; `None` if it is not
    /// there. Where its program is that of the group's current deployment, that is what it runs from now on.
    pub async fn device_connected(&self, id: &DeviceId, arrival: Arrival) -> Result<Option<Orders>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(None);
            }
            let Some(mut orders) = orders(conn, &id)? else { return Ok(None) };
            let Arrival { connection, at_ms, ip_address, program, facts } = &arrival;
            if let Some(current) = &orders.current
                && *program == Some(current.program)
            {
                orders.runs = Some(current.deployment.clone());
                orders.supported = true;
            } else if !is_program_of(conn, *program, orders.runs.as_ref())? {
                // It was wiped, say, or has a program from elsewhere.
                orders.runs = None;
                orders.supported = false;
            }
            let device = &mut orders.device;
            if !device.online {
                device.state_changed_ms = Some(*at_ms);
            }
            device.online = true;
            device.ip_address.clone_from(ip_address);
            let DeviceFacts { swversion, free_memory, rssi } = facts.clone();
            device.swversion = swversion.or(device.swversion.take());
            device.free_memory = free_memory.or(device.free_memory);
            device.rssi = rssi.or(device.rssi);
            conn.run(
                "update device
                 set online = ?2, state_changed_ms = ?3, connection_id = ?4, ip_address = ?5, swversion = ?6,
                     free_memory = ?7, rssi = ?8, deployment_id = ?9
                 where id = ?1",
                &[
                    &id.as_str(),
                    &true,
                    &device.state_changed_ms,
                    connection,
                    ip_address,
                    &device.swversion,
                    &device.free_memory,
                    &device.rssi,
                    &orders.runs.as_ref().map(DeploymentId::as_str),
                ],
            )?;
            add_event(conn, &id, (connection, "connected"), None, ip_address.as_deref(), *at_ms)?;
            Ok(Some(orders))
        })
        .await
    }

    /// Marks a device as disconnected, and says whether it was: not if a newer connection has taken this one's place.
    pub async fn device_disconnected(
        &self,
        id: &DeviceId,
        connection: &str,
        reason: &str,
        at_ms: i64,
    ) -> Result<bool, StoreError> {
        let (id, connection, reason) = (id.clone(), connection.to_owned(), reason.to_owned());
        self.write(move |conn| {
            let changed = conn.run(
                "update device set online = ?3, state_changed_ms = ?4, connection_id = null
                 where id = ?1 and connection_id = ?2",
                &[&id.as_str(), &connection, &false, &at_ms],
            )?;
            if changed == 0 {
                return Ok(false);
            }
            add_event(conn, &id, (&connection, "disconnected"), Some(&reason), None, at_ms)?;
            conn.run(
                "delete from connection_event
                 where device_id = ?1 and at_ms < (select at_ms from connection_event where device_id = ?1
                                                   order by at_ms desc, id desc limit 1 offset ?2)",
                &[&id.as_str(), &(MOST_EVENTS - 1)],
            )?;
            Ok(true)
        })
        .await
    }

    /// Marks all devices as disconnected, and returns how many were not: after a start no connection is left.
    pub async fn disconnect_all_devices(&self, at_ms: i64) -> Result<u64, StoreError> {
        self.write(move |conn| {
            conn.run(
                "insert into connection_event (id, device_id, at_ms, event, reason)
                 select connection_id || ' disconnected', id, cast(?1 as bigint), 'disconnected', 'the server stopped'
                 from device where online and connection_id is not null",
                &[&at_ms],
            )?;
            conn.run(
                "update device set online = ?1, state_changed_ms = ?2, connection_id = null where online",
                &[&false, &at_ms],
            )
        })
        .await
    }

    /// Returns what a device should do; `None` if it is not there.
    pub async fn device_orders(&self, id: &DeviceId) -> Result<Option<Orders>, StoreError> {
        let id = id.clone();
        self.read(move |conn| orders(conn, &id)).await
    }

    /// Notes what a device runs from now on, and that a restart asked for up to `restarted_ms` is carried out.
    pub async fn device_runs(
        &self,
        id: &DeviceId,
        deployment: Option<&DeploymentId>,
        restarted_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let (id, deployment) = (id.clone(), deployment.cloned());
        self.write(move |conn| {
            conn.run(
                "update device
                 set deployment_id = ?2,
                     restart_kind = case when restart_requested_ms <= ?3 then null else restart_kind end,
                     restart_requested_ms = case when restart_requested_ms <= ?3 then null else restart_requested_ms end
                 where id = ?1",
                &[&id.as_str(), &deployment.as_ref().map(DeploymentId::as_str), &restarted_ms.unwrap_or(i64::MIN)],
            )
            .map(drop)
        })
        .await
    }

    /// Notes what a device says of itself.
    pub async fn report_device_facts(&self, id: &DeviceId, facts: DeviceFacts) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            let DeviceFacts { swversion, free_memory, rssi } = &facts;
            conn.run(
                "update device
                 set swversion = coalesce(?2, swversion), free_memory = coalesce(?3, free_memory),
                     rssi = coalesce(?4, rssi)
                 where id = ?1",
                &[&id.as_str(), swversion, free_memory, rssi],
            )
            .map(drop)
        })
        .await
    }

    /// Returns a deployment's device code and what goes into its environment.
    pub async fn device_program(&self, deployment: &DeploymentId) -> Result<Option<DeviceProgram>, StoreError> {
        let id = deployment.clone();
        self.read(move |conn| agents::program(conn, &id, "device_code")).await
    }

    /// Enrols a device anew and returns it; `None` if it is not there.
    ///
    /// Its plan, and so its agent id, is another; `blinkup` webhooks of a production or pre-production group get their
    /// delivery. With a fixture, the device goes to the DUT target of the fixture's group.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `fixture` if that is in no fixture group with a DUT target, or of another owner,
    /// [`Conflict::Move`] if the device may not go there.
    pub async fn enrol_device(
        &self,
        id: &DeviceId,
        enrolment: Enrolment,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(None);
            }
            let Some(mut device) = devices::find(conn, &id)? else { return Ok(None) };
            let Enrolment { plan_id, token, fixture } = &enrolment;
            device.plan_id = (!plan_id.is_empty()).then(|| plan_id.clone());
            device.last_enrolled_ms = Some(act.at_ms);
            device.updated_ms = act.at_ms;
            let event = if let Some(fixture) = fixture {
                let target = fixture_group(conn, &device, fixture)?.dut_target.ok_or(Conflict::Missing("fixture"))?;
                let event = if device.assignment.is_some() { "moved" } else { "assigned" };
                put_into(conn, &mut device, &target)?;
                Some(event)
            } else {
                None
            };
            if let Some(assignment) = &device.assignment {
                let agent_id = assignments::agent_id(conn, &device, &*act.entropy)?;
                device.assignment = Some(Assignment { agent_id, ..assignment.clone() });
            }
            save(conn, &device, fixture.is_some())?;
            if let Some(fixture) = fixture {
                conn.run("update device set fixture_id = ?2 where id = ?1", &[&id.as_str(), &fixture.as_str()])?;
            }
            devices::add_history(conn, &act, &device, "enrolled")?;
            if let Some(event) = event {
                devices::add_history(conn, &act, &device, event)?;
            }
            devices::record(conn, &act, "device.enrol", &device)?;
            if let Some(assignment) = device.assignment.as_ref().filter(|it| it.kind.holds_blessed_devices()) {
                webhooks::enqueue(
                    conn,
                    &act,
                    &assignment.group,
                    WebhookEvent::BlinkUp,
                    || serde_json::json!({ "device_id": id.as_str(), "plan_id": plan_id, "token": token }),
                )?;
            }
            conn.wake(Wake::Device(id.clone()));
            Ok(Some(device))
        })
        .await
    }

    /// Returns the factory fixture that a device has to do with: itself, where it is one; under test, the one that configured it.
    pub async fn factory_fixture(&self, id: &DeviceId) -> Result<Option<FactoryFixture>, StoreError> {
        let id = id.clone();
        self.read(move |conn| match devices::find(conn, &id)? {
            Some(device) => factory_fixture(conn, &id, device.assignment.map(|assignment| assignment.kind)),
            None => Ok(None),
        })
        .await
    }

    /// Blesses a device under test: it goes to the production target of the fixture's group, and `blessing` webhooks
    /// of that get their delivery. Returns the device; `None` if it is not there.
    ///
    /// Without a fixture it is the one fixture group that has the device's group as DUT target.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `fixture` if there is no such group, or more than one.
    pub async fn bless_device(
        &self,
        id: &DeviceId,
        fixture: Option<&DeviceId>,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        let (id, fixture) = (id.clone(), fixture.cloned());
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(None);
            }
            let Some(mut device) = devices::find(conn, &id)? else { return Ok(None) };
            let target = blessing_target(conn, &device, fixture.as_ref())?.ok_or(Conflict::Missing("fixture"))?;
            put_into(conn, &mut device, &target)?;
            device.blessed = true;
            device.updated_ms = act.at_ms;
            if let Some(assignment) = &device.assignment {
                let agent_id = assignments::agent_id(conn, &device, &*act.entropy)?;
                device.assignment = Some(Assignment { agent_id, ..assignment.clone() });
            }
            save(conn, &device, true)?;
            devices::add_history(conn, &act, &device, "blessed")?;
            devices::record(conn, &act, "device.bless", &device)?;
            webhooks::enqueue(
                conn,
                &act,
                &target,
                WebhookEvent::Blessing,
                || serde_json::json!({ "device_id": id.as_str(), "imp_id": blessing_imp_id(&device.mac_address) }),
            )?;
            conn.wake(Wake::Device(id.clone()));
            Ok(Some(device))
        })
        .await
    }
}

/// Reads what a device should do, in two queries.
fn orders(conn: &mut Conn<'_>, id: &DeviceId) -> Result<Option<Orders>, StoreError> {
    let Some(device) = devices::find(conn, id)? else { return Ok(None) };
    conn.first(
        "select p.id, c.device_sha, d.deployment_id, r.group_id, r.created_ms, m.created_ms, d.restart_kind,
                d.restart_requested_ms
         from device d
           left join device_group g on g.id = d.group_id
           left join deployment p on p.id = g.current_deployment_id
           left join code c on c.sha = p.sha
           left join deployment r on r.id = d.deployment_id
           left join deployment m on m.id = g.min_supported_deployment_id
         where d.id = ?1",
        &[&id.as_str()],
        |row| {
            let corrupt = |what: &str| StoreError::Corrupt { table: "device", what: format!("{what} of device {id}") };
            let current = match (row.get::<Option<String>>(0)?, row.get::<Option<Vec<u8>>>(1)?) {
                (Some(deployment), Some(program)) => Some(Current {
                    deployment: deployment.into(),
                    program: program.try_into().map_err(|_| corrupt("the program"))?,
                }),
                _ => None,
            };
            let restart = match (row.get::<Option<String>>(6)?, row.get::<Option<i64>>(7)?) {
                (Some(kind), Some(asked_ms)) => {
                    Some((RestartKind::parse(&kind).ok_or_else(|| corrupt("the restart"))?, asked_ms))
                }
                _ => None,
            };
            let group = device.assignment.as_ref().map(|assignment| assignment.group.as_str());
            let (of, created_ms): (Option<String>, Option<i64>) = (row.get(3)?, row.get(4)?);
            let minimum_ms: Option<i64> = row.get(5)?;
            let supported = of.is_some() && of.as_deref() == group && created_ms >= minimum_ms;
            let runs = row.get::<Option<String>>(2)?.map(DeploymentId::from);
            Ok(Orders { device, current, runs, supported, restart })
        },
    )
}

/// Says whether a program is the device code of a deployment.
fn is_program_of(
    conn: &mut Conn<'_>,
    program: Option<[u8; 32]>,
    deployment: Option<&DeploymentId>,
) -> Result<bool, StoreError> {
    let (Some(program), Some(deployment)) = (program, deployment) else { return Ok(false) };
    let sha = conn.first(
        "select c.device_sha from deployment d join code c on c.sha = d.sha where d.id = ?1",
        &[&deployment.as_str()],
        |row| row.get::<Vec<u8>>(0),
    )?;
    Ok(sha.is_some_and(|sha| sha == program))
}

fn add_event(
    conn: &mut Conn<'_>,
    device: &DeviceId,
    (connection, event): (&str, &str),
    reason: Option<&str>,
    ip_address: Option<&str>,
    at_ms: i64,
) -> Result<(), StoreError> {
    // A connection may begin and end within a millisecond.
    let id = format!("{connection} {event}");
    conn.run(
        "insert into connection_event (id, device_id, at_ms, event, reason, ip_address)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&id, &device.as_str(), &at_ms, &event, &reason, &ip_address],
    )?;
    Ok(())
}

/// A factory fixture, as programs of the factory know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactoryFixture {
    /// The device.
    pub device: DeviceId,
    /// Its agent, while it is in a device group.
    pub agent_id: Option<String>,
}

/// Returns the factory fixture that a device has to do with.
pub(crate) fn factory_fixture(
    conn: &mut Conn<'_>,
    device: &DeviceId,
    kind: Option<DeviceGroupType>,
) -> Result<Option<FactoryFixture>, StoreError> {
    let fixture = match kind {
        Some(kind) if kind.target_types().is_some() => Some(device.as_str().to_owned()),
        Some(DeviceGroupType::Dut | DeviceGroupType::PreDut) => {
            // Either may have gone to another account since.
            let query = "select f.id from device d join device f on f.id = d.fixture_id and f.owner_id = d.owner_id
                         where d.id = ?1";
            conn.first(query, &[&device.as_str()], |row| row.get::<String>(0))?
        }
        _ => None,
    };
    let Some(fixture) = fixture else { return Ok(None) };
    let agent = "select agent_id from device where id = ?1";
    let agent_id = conn.first(agent, &[&fixture.as_str()], |row| row.get::<Option<String>>(0))?.flatten();
    Ok(Some(FactoryFixture { device: fixture.into(), agent_id }))
}

/// Returns the fixture group that a factory fixture is in, which must be of the device's owner.
fn fixture_group(conn: &mut Conn<'_>, device: &Device, fixture: &DeviceId) -> Result<DeviceGroup, StoreError> {
    let missing = || StoreError::from(Conflict::Missing("fixture"));
    let fixture = devices::find(conn, fixture)?.ok_or_else(missing)?;
    let assignment = fixture.assignment.filter(|it| it.kind.target_types().is_some() && it.owner == device.owner);
    device_groups::find(conn, &assignment.ok_or_else(missing)?.group)?.ok_or_else(missing)
}

/// Returns where blessing brings a device under test.
fn blessing_target(
    conn: &mut Conn<'_>,
    device: &Device,
    fixture: Option<&DeviceId>,
) -> Result<Option<DeviceGroupId>, StoreError> {
    let Some(assignment) = &device.assignment else { return Ok(None) };
    if let Some(fixture) = fixture {
        let group = fixture_group(conn, device, fixture)?;
        return Ok(group.production_target.filter(|_| group.dut_target.as_ref() == Some(&assignment.group)));
    }
    let targets = conn.all(
        "select distinct production_target_id from device_group
         where dut_target_id = ?1 and production_target_id is not null",
        &[&assignment.group.as_str()],
        |row| row.get::<String>(0),
    )?;
    Ok(match <[String; 1]>::try_from(targets) {
        Ok([target]) => Some(target.into()),
        Err(_) => None,
    })
}

/// Puts a device into a group as only the factory does: without asking whether the API may.
fn put_into(conn: &mut Conn<'_>, device: &mut Device, group: &DeviceGroupId) -> Result<(), StoreError> {
    if device.blessed || device.assignment.as_ref().is_some_and(|it| it.kind.holds_blessed_devices()) {
        return Err(Conflict::Move(MoveRefusal::Blessed).into());
    }
    if device.imp_type == "imp001" {
        return Err(Conflict::Move(MoveRefusal::HardwareNotAllowed).into());
    }
    let group = device_groups::fixed(conn, Some(Lock::Keep), group)?.ok_or(Conflict::Missing("device_group"))?;
    device.assignment = Some(Assignment {
        group: group.id,
        kind: group.kind,
        product: group.product,
        owner: group.owner,
        agent_id: String::new(),
    });
    Ok(())
}

/// Writes plan, place and blessing of a device. In another group nothing runs yet that is known.
fn save(conn: &mut Conn<'_>, device: &Device, moved: bool) -> Result<(), StoreError> {
    let place = device.assignment.as_ref();
    let forget = if moved { ", deployment_id = null" } else { "" };
    conn.run(
        &format!(
            "update device
             set plan_id = ?2, blessed = ?3, last_enrolled_ms = ?4, updated_ms = ?5, group_id = ?6, group_kind = ?7,
                 product_id = ?8, group_owner_id = ?9, agent_id = ?10{forget}
             where id = ?1"
        ),
        &[
            &device.id.as_str(),
            &device.plan_id,
            &device.blessed,
            &device.last_enrolled_ms,
            &device.updated_ms,
            &place.map(|place| place.group.as_str()),
            &place.map(|place| place.kind.as_str()),
            &place.map(|place| place.product.as_str()),
            &place.map(|place| place.owner.as_str()),
            &place.map(|place| place.agent_id.as_str()),
        ],
    )?;
    Ok(())
}
