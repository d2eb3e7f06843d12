use crate::{
    Act, Conflict, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Row},
    device_groups, products,
    quota::{self, Holding},
    select::{From, Order, Select, group_kind, without_nul},
};
use impstead_model::{
    AccountId, Assignment, Device, DeviceGroupId, DeviceGroupType, DeviceId, Entropy, HistoryEntry, ProductId, Reach,
    RestartKind, Right, canonical_mac,
};

/// Which devices a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only those assigned to this product's groups.
    pub product: Option<ProductId>,
    /// Only those assigned to this group.
    pub group: Option<DeviceGroupId>,
    /// Only those assigned to an account's groups, or to none.
    pub group_owner: Option<GroupOwner>,
    /// Only those assigned to groups of this type.
    pub kind: Option<DeviceGroupType>,
}

/// Whose group a device is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupOwner {
    /// It is not assigned.
    Unassigned,
    /// A group of this account.
    Account(AccountId),
}

/// A device about to join an account.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its id; made from the MAC address where it is missing.
    pub id: Option<DeviceId>,
    /// Its MAC address, in any form that [`canonical_mac`](impstead_model::canonical_mac) takes; random where missing.
    pub mac: Option<String>,
    /// The account it joins.
    pub owner: AccountId,
    /// `imp001` to `imp006`.
    pub imp_type: String,
    /// Enrolment plan.
    pub plan_id: Option<String>,
    /// Ed25519 public key by which it proves to be itself.
    pub public_key: [u8; 32],
}

impl Store {
    /// Lists devices, oldest first: the caller's own, unless the filter names an owner, a product, a group or a
    /// group's owner.
    ///
    /// An account's role counts towards a device's owner, but where a product, a group or a group's owner is named,
    /// towards the owner of the group.
    pub async fn devices(&self, reach: &Reach, filter: DeviceFilter, page: Page) -> Result<Paged<Device>, StoreError> {
        let reach = reach.clone();
        self.read(move |conn| {
            let DeviceFilter { owner, product, group, group_owner, kind } = &filter;
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "device d",
                key: "d.id",
                keyed: true,
                time: "d.created_ms",
                order: Order::OldestFirst,
            });
            let owner = owner.as_ref().map(AccountId::as_str);
            let groups_of = match group_owner {
                Some(GroupOwner::Account(account)) => Some(account),
                Some(GroupOwner::Unassigned) | None => None,
            };
            // Of a group, of a product, of an account's groups: the narrowest leads, and the wider ones follow from it.
            if let Some(group) = group {
                let group = device_groups::fixed(conn, None, group)?
                    .filter(|it| product.as_ref().is_none_or(|product| *product == it.product))
                    .filter(|it| groups_of.is_none_or(|account| *account == it.owner));
                select.within_account(
                    &reach,
                    group.as_ref().map(|group| &group.owner),
                    "d.group_kind",
                    Right::ReadInside,
                );
                select.and_is("d.group_id", group.as_ref().map(|group| group.id.as_str()));
                select.and_also_is("d.owner_id", owner);
            } else if let Some(product) = product {
                let product =
                    products::find(conn, product)?.filter(|it| groups_of.is_none_or(|account| *account == it.owner));
                select.within_account(&reach, product.as_ref().map(|it| &it.owner), "d.group_kind", Right::ReadInside);
                select.and_is("d.product_id", product.as_ref().map(|it| it.id.as_str()));
                select.and_also_is("d.owner_id", owner);
            } else if let Some(account) = groups_of {
                select.within_account(&reach, Some(account), "d.group_kind", Right::ReadInside);
                select.and_is("d.group_owner_id", Some(account.as_str()));
                select.and_also_is("d.owner_id", owner);
            } else {
                let owner = filter.owner.as_ref().unwrap_or(&reach.account);
                select.within(&reach, Some(owner), "d.owner_id", "d.group_kind", Right::ReadInside);
            }
            if *group_owner == Some(GroupOwner::Unassigned) {
                select.and_fixed("d.group_id is null");
            }
            select.and_also_is("d.group_kind", kind.map(DeviceGroupType::as_str));
            select.page(conn, page, device)
        })
        .await
    }

    /// Returns the device that an identifier names: a device id or a MAC address in any case, or an agent id.
    pub async fn device(&self, identifier: &str) -> Result<Option<Device>, StoreError> {
        let identifier = without_nul(identifier);
        self.read(move |conn| {
            if let Some(mac) = canonical_mac(&identifier)
                && let Some(device) = find_by(conn, "mac_address", &mac)?
            {
                return Ok(Some(device));
            }
            // Device ids have 16 characters and agent ids 12, so one is never taken for the other.
            match find_by(conn, "id", DeviceId::new(&identifier).as_str())? {
                Some(device) => Ok(Some(device)),
                None => find_by(conn, "agent_id", &identifier),
            }
        })
        .await
    }

    /// Adds a device to an account.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`] if its id or MAC address is there already,
    /// [`Conflict::Missing`] `mac_address` if that is none,
    /// [`Conflict::QuotaReached`].
    pub async fn add_device(&self, new: NewDevice, act: Act) -> Result<Device, StoreError> {
        self.write(move |conn| add(conn, &new, &act)).await
    }

    /// Names a device, or removes its name, and returns it; `None` if it is not there.
    pub async fn rename_device(
        &self,
        id: &DeviceId,
        name: Option<String>,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(None);
            }
            let Some(mut device) = find(conn, &id)? else { return Ok(None) };
            rename(conn, &mut device, name.as_deref(), &act)?;
            Ok(Some(device))
        })
        .await
    }

    /// Removes a device from its account and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::DeviceAssigned`],
    /// [`Conflict::DeviceBlessed`].
    pub async fn delete_device(&self, id: &DeviceId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Delete, "device", id.as_str())? {
                return Ok(false);
            }
            let Some(device) = find(conn, &id)? else { return Ok(false) };
            if device.assignment.is_some() {
                return Err(Conflict::DeviceAssigned.into());
            }
            if device.blessed {
                return Err(Conflict::DeviceBlessed.into());
            }
            conn.run("delete from device where id = ?1", &[&id.as_str()])?;
            quota::give_back(conn, &device.owner, Holding::Devices, 1)?;
            conn.run("delete from log_block where device_id = ?1", &[&id.as_str()])?;
            record(conn, &act, "device.delete", &device)?;
            conn.wake(Wake::Device(id.clone()));
            Ok(true)
        })
        .await
    }

    /// Asks a device to restart and says whether it is there. See [`Store::restart_device_group`].
    ///
    /// # Errors
    /// [`Conflict::DeviceUnassigned`].
    pub async fn restart_device(&self, id: &DeviceId, kind: RestartKind, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", id.as_str())? {
                return Ok(false);
            }
            let Some(device) = find(conn, &id)? else { return Ok(false) };
            if device.assignment.is_none() {
                return Err(Conflict::DeviceUnassigned.into());
            }
            request_restart(conn, "id", id.as_str(), kind, act.at_ms)?;
            record(conn, &act, &format!("device.{}", kind.as_str()), &device)?;
            conn.wake(Wake::Device(id.clone()));
            Ok(true)
        })
        .await
    }

    /// Lists what happened to a device, newest first.
    pub async fn device_history(&self, id: &DeviceId, page: Page) -> Result<Paged<HistoryEntry>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: "h.at_ms, h.event, h.owner_id, h.actor_id",
                table: "device_history h",
                key: "h.seq",
                keyed: false,
                time: "h.at_ms",
                order: Order::NewestFirst,
            });
            select.and_is("h.device_id", Some(id.as_str()));
            select.page(conn, page, |row| {
                Ok(HistoryEntry {
                    at_ms: row.get(0)?,
                    event: row.get(1)?,
                    owner: row.get::<String>(2)?.into(),
                    actor: row.get::<String>(3)?.into(),
                })
            })
        })
        .await
    }
}

const COLUMNS: &str = "d.id, d.mac_address, d.owner_id, d.group_id, d.group_kind, d.product_id, d.group_owner_id, \
    d.agent_id, d.name, d.imp_type, d.plan_id, d.blessed, d.online, d.state_changed_ms, d.agent_running, \
    d.agent_state_changed_ms, d.last_enrolled_ms, d.ip_address, d.free_memory, d.rssi, d.swversion, d.created_ms, \
    d.updated_ms";

/// Adds a device to an account: see [`Store::add_device`].
pub(crate) fn add(conn: &mut Conn<'_>, new: &NewDevice, act: &Act) -> Result<Device, StoreError> {
    let NewDevice { id, mac, owner, imp_type, plan_id, public_key } = new;
    quota::take(conn, owner, Holding::Devices)?;
    let mac_address = match mac {
        Some(mac) => canonical_mac(mac).ok_or(Conflict::Missing("mac_address"))?,
        None => free_mac(conn, &*act.entropy)?,
    };
    let device = Device {
        id: id.clone().unwrap_or_else(|| DeviceId::new(&format!("5000{}", mac_address.replace(':', "")))),
        mac_address,
        owner: owner.clone(),
        assignment: None,
        name: None,
        imp_type: imp_type.clone(),
        plan_id: plan_id.clone(),
        blessed: false,
        online: false,
        state_changed_ms: None,
        agent_running: false,
        agent_state_changed_ms: None,
        last_enrolled_ms: Some(act.at_ms),
        ip_address: None,
        free_memory: None,
        rssi: None,
        swversion: None,
        created_ms: act.at_ms,
        updated_ms: act.at_ms,
    };
    conn.run(
        "insert into device
           (id, mac_address, owner_id, imp_type, plan_id, public_key, last_enrolled_ms, created_ms, updated_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7)",
        &[
            &device.id.as_str(),
            &device.mac_address,
            &owner.as_str(),
            imp_type,
            plan_id,
            &public_key.as_slice(),
            &act.at_ms,
        ],
    )?;
    add_history(conn, act, &device, "enrolled")?;
    record(conn, act, "device.create", &device)?;
    Ok(device)
}

pub(crate) fn find(conn: &mut Conn<'_>, id: &DeviceId) -> Result<Option<Device>, StoreError> {
    find_by(conn, "id", id.as_str())
}

fn find_by(conn: &mut Conn<'_>, column: &str, value: &str) -> Result<Option<Device>, StoreError> {
    conn.first(&format!("select {COLUMNS} from device d where d.{column} = ?1"), &[&value], device)
}

pub(crate) fn device(row: &Row<'_>) -> Result<Device, StoreError> {
    let assignment = match row.get::<Option<String>>(3)? {
        None => None,
        Some(group) => Some(Assignment {
            group: group.into(),
            kind: group_kind("device", &row.get::<String>(4)?)?,
            product: row.get::<String>(5)?.into(),
            owner: row.get::<String>(6)?.into(),
            agent_id: row.get(7)?,
        }),
    };
    Ok(Device {
        id: row.get::<String>(0)?.into(),
        mac_address: row.get(1)?,
        owner: row.get::<String>(2)?.into(),
        assignment,
        name: row.get(8)?,
        imp_type: row.get(9)?,
        plan_id: row.get(10)?,
        blessed: row.get(11)?,
        online: row.get(12)?,
        state_changed_ms: row.get(13)?,
        agent_running: row.get(14)?,
        agent_state_changed_ms: row.get(15)?,
        last_enrolled_ms: row.get(16)?,
        ip_address: row.get(17)?,
        free_memory: row.get(18)?,
        rssi: row.get(19)?,
        swversion: row.get(20)?,
        created_ms: row.get(21)?,
        updated_ms: row.get(22)?,
    })
}

/// Asks the devices whose `column` has a value to restart, and returns how many they are. A restart asked for before
/// and not yet carried out is never weakened to a conditional one.
pub(crate) fn request_restart(
    conn: &mut Conn<'_>,
    column: &str,
    value: &str,
    kind: RestartKind,
    at_ms: i64,
) -> Result<u64, StoreError> {
    conn.run(
        &format!(
            "update device
             set restart_kind = case when restart_kind = ?3 then restart_kind else ?2 end, restart_requested_ms = ?4,
                 agent_restart_kind = case when agent_restart_kind = ?3 then agent_restart_kind else ?2 end,
                 agent_restart_ms = ?4
             where {column} = ?1"
        ),
        &[&value, &kind.as_str(), &RestartKind::Restart.as_str(), &at_ms],
    )
}

/// Gives a device another name, or none; its row is locked.
pub(crate) fn rename(
    conn: &mut Conn<'_>,
    device: &mut Device,
    name: Option<&str>,
    act: &Act,
) -> Result<(), StoreError> {
    if device.name.as_deref() == name {
        return Ok(());
    }
    (device.name, device.updated_ms) = (name.map(str::to_owned), act.at_ms);
    conn.run(
        "update device set name = ?2, updated_ms = ?3 where id = ?1",
        &[&device.id.as_str(), &device.name, &device.updated_ms],
    )?;
    record(conn, act, "device.update", device)
}

/// Adds an entry to a device's history.
pub(crate) fn add_history(conn: &mut Conn<'_>, act: &Act, device: &Device, event: &str) -> Result<(), StoreError> {
    // The device's row is locked, so nobody else takes the number.
    conn.run(
        "insert into device_history (device_id, at_ms, seq, event, owner_id, actor_id)
         select ?1, cast(?2 as bigint), coalesce(max(seq), 0) + 1, ?3, ?4, ?5 from device_history where device_id = ?1",
        &[&device.id.as_str(), &act.at_ms, &event, &device.owner.as_str(), &act.account_or(&device.owner).as_str()],
    )?;
    Ok(())
}

pub(crate) fn record(conn: &mut Conn<'_>, act: &Act, action: &str, device: &Device) -> Result<(), StoreError> {
    act.record(conn, &device.owner, action, ("device", device.id.as_str()), device.name.as_deref())
}

/// Returns a random MAC address under the vendor's prefix that no device has. There are 16 million.
fn free_mac(conn: &mut Conn<'_>, entropy: &dyn Entropy) -> Result<String, StoreError> {
    const MOST_TRIES: u32 = 100;
    for _ in 0..MOST_TRIES {
        let [a, b, c] = entropy.bytes();
        let mac = format!("0c:2a:69:{a:02x}:{b:02x}:{c:02x}");
        if !conn.exists("select 1 from device where mac_address = ?1", &[&mac])? {
            return Ok(mac);
        }
    }
    Err(Conflict::Duplicate.into())
}
