use crate::{
    Act, Conflict, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Row},
    deployments, devices, products,
    quota::{self, Holding},
    select::{From, Order, Select, group_kind},
};
use impstead_model::{
    AccountId, Deployment, DeploymentId, DeviceGroup, DeviceGroupId, DeviceGroupType, ProductId, Reach, RestartKind,
    Right,
};

/// Which device groups a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only this product's.
    pub product: Option<ProductId>,
    /// Only of this type.
    pub kind: Option<DeviceGroupType>,
}

/// A device group about to be made; it will belong to its product's owner.
#[derive(Clone, Debug)]
pub struct NewDeviceGroup {
    /// Its type.
    pub kind: DeviceGroupType,
    /// Its product.
    pub product: ProductId,
    /// 1 to 80 characters.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Production and pre-production types only.
    pub region: Option<String>,
    /// The text of a JSON object.
    pub env_vars: String,
    /// Whether application code is loaded right after blessing.
    pub load_code_after_blessing: bool,
    /// Where blessed devices go; fixture types only.
    pub production_target: Option<DeviceGroupId>,
    /// Where devices under test go; fixture types only.
    pub dut_target: Option<DeviceGroupId>,
}

/// What of a device group changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// The text of a JSON object that replaces the old one.
    pub env_vars: Option<String>,
    /// Whether application code is loaded right after blessing.
    pub load_code_after_blessing: Option<bool>,
    /// Where blessed devices go; fixture types only.
    pub production_target: Option<DeviceGroupId>,
    /// Where devices under test go; fixture types only.
    pub dut_target: Option<DeviceGroupId>,
}

impl Store {
    /// Lists device groups that the caller reaches, oldest first.
    pub async fn device_groups(
        &self,
        reach: &Reach,
        filter: DeviceGroupFilter,
        page: Page,
    ) -> Result<Paged<DeviceGroup>, StoreError> {
        let reach = reach.clone();
        self.read(move |conn| {
            let DeviceGroupFilter { owner, product, kind } = &filter;
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "device_group g",
                key: "g.id",
                keyed: true,
                time: "g.created_ms",
                order: Order::OldestFirst,
            });
            if let Some(product) = product {
                let product = products::find(conn, product)?;
                let owner = product
                    .as_ref()
                    .map(|product| &product.owner)
                    .filter(|it| owner.as_ref().is_none_or(|owner| owner == *it));
                select.within_account(&reach, owner, "g.kind", Right::ReadGroups);
                select.and_is("g.product_id", product.as_ref().map(|product| product.id.as_str()));
            } else {
                select.within(&reach, owner.as_ref(), "g.owner_id", "g.kind", Right::ReadGroups);
            }
            select.and_is("g.kind", kind.map(DeviceGroupType::as_str));
            select.page(conn, page, device_group)
        })
        .await
    }

    /// Returns a device group.
    pub async fn device_group(&self, id: &DeviceGroupId) -> Result<Option<DeviceGroup>, StoreError> {
        let id = id.clone();
        self.read(move |conn| find(conn, &id)).await
    }

    /// Makes a device group.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `product`; `production_target` or `dut_target` unless that group
    /// exists, has the type that [`DeviceGroupType::target_types`] asks for (so never for a type without targets) and
    /// is in the same product. [`Conflict::Duplicate`] if the product has a group of this
    /// name, [`Conflict::QuotaReached`].
    pub async fn create_device_group(&self, new: NewDeviceGroup, act: Act) -> Result<DeviceGroup, StoreError> {
        self.write(move |conn| {
            let owner: AccountId = conn
                .first_locked(
                    Lock::Keep,
                    "select owner_id from product where id = ?1",
                    &[&new.product.as_str()],
                    |row| row.get::<String>(0),
                )?
                .ok_or(Conflict::Missing("product"))?
                .into();
            quota::take(conn, &owner, Holding::DeviceGroups)?;
            let group = DeviceGroup {
                id: act.new_id().into(),
                kind: new.kind,
                product: new.product.clone(),
                creator: act.account_or(&owner).clone(),
                owner,
                name: new.name.clone(),
                description: new.description.clone(),
                region: new.region.clone(),
                env_vars: new.env_vars.clone(),
                load_code_after_blessing: new.load_code_after_blessing,
                production_target: new.production_target.clone(),
                dut_target: new.dut_target.clone(),
                current_deployment: None,
                min_supported_deployment: None,
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            };
            check_targets(conn, &group)?;
            conn.run(
                "insert into device_group
                   (id, kind, product_id, owner_id, creator_id, name, description, region, env_vars,
                    load_code_after_blessing, production_target_id, dut_target_id, created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
                &[
                    &group.id.as_str(),
                    &group.kind.as_str(),
                    &group.product.as_str(),
                    &group.owner.as_str(),
                    &group.creator.as_str(),
                    &group.name,
                    &group.description,
                    &group.region,
                    &group.env_vars,
                    &group.load_code_after_blessing,
                    &group.production_target.as_ref().map(DeviceGroupId::as_str),
                    &group.dut_target.as_ref().map(DeviceGroupId::as_str),
                    &group.created_ms,
                ],
            )?;
            record(conn, &act, "device_group.create", &group)?;
            Ok(group)
        })
        .await
    }

    /// Changes a device group and returns it; `None` if it is not there. A change that alters nothing leaves its time
    /// alone.
    ///
    /// # Errors
    /// As [`Store::create_device_group`].
    pub async fn update_device_group(
        &self,
        id: &DeviceGroupId,
        change: DeviceGroupChange,
        act: Act,
    ) -> Result<Option<DeviceGroup>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device_group", id.as_str())? {
                return Ok(None);
            }
            let Some(before) = find(conn, &id)? else { return Ok(None) };
            let mut after = before.clone();
            let DeviceGroupChange {
                name,
                description,
                env_vars,
                load_code_after_blessing,
                production_target,
                dut_target,
            } = change.clone();
            after.name = name.unwrap_or(after.name);
            after.description = description.unwrap_or(after.description);
            after.env_vars = env_vars.unwrap_or(after.env_vars);
            after.load_code_after_blessing = load_code_after_blessing.unwrap_or(after.load_code_after_blessing);
            after.production_target = production_target.or(after.production_target);
            after.dut_target = dut_target.or(after.dut_target);
            if after == before {
                return Ok(Some(before));
            }
            check_targets(conn, &after)?;
            after.updated_ms = act.at_ms;
            conn.run(
                "update device_group
                 set name = ?2, description = ?3, env_vars = ?4, load_code_after_blessing = ?5,
                     production_target_id = ?6, dut_target_id = ?7, updated_ms = ?8
                 where id = ?1",
                &[
                    &id.as_str(),
                    &after.name,
                    &after.description,
                    &after.env_vars,
                    &after.load_code_after_blessing,
                    &after.production_target.as_ref().map(DeviceGroupId::as_str),
                    &after.dut_target.as_ref().map(DeviceGroupId::as_str),
                    &after.updated_ms,
                ],
            )?;
            record(conn, &act, "device_group.update", &after)?;
            // Programs are compiled with them, and kept.
            if after.env_vars != before.env_vars {
                conn.wake(Wake::DeviceGroup(id.clone()));
            }
            Ok(Some(after))
        })
        .await
    }

    /// Deletes a device group with its deployments, webhooks and counters, and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::GroupHasDevices`],
    /// [`Conflict::GroupHasFlaggedDeployments`],
    /// [`Conflict::GroupIsTarget`].
    pub async fn delete_device_group(&self, id: &DeviceGroupId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Delete, "device_group", id.as_str())? {
                return Ok(false);
            }
            let Some(group) = find(conn, &id)? else { return Ok(false) };
            let id = id.as_str();
            if conn.exists("select 1 from device where group_id = ?1 limit 1", &[&id])? {
                return Err(Conflict::GroupHasDevices.into());
            }
            if conn.exists("select 1 from deployment where group_id = ?1 and flagged limit 1", &[&id])? {
                return Err(Conflict::GroupHasFlaggedDeployments.into());
            }
            // One index each: `or` over both would read the whole table.
            for column in ["production_target_id", "dut_target_id"] {
                if conn.exists(&format!("select 1 from device_group where {column} = ?1 limit 1"), &[&id])? {
                    return Err(Conflict::GroupIsTarget.into());
                }
            }
            let shas =
                conn.all("select distinct sha from deployment where group_id = ?1 order by sha", &[&id], |row| {
                    row.get::<String>(0)
                })?;
            // A deployment flagged this very moment stays and makes the deletion of the group fail, then be tried again.
            let deployments = conn.run("delete from deployment where group_id = ?1 and not flagged", &[&id])?;
            let webhooks = conn.run("delete from webhook where group_id = ?1", &[&id])?;
            conn.run("delete from device_group where id = ?1", &[&id])?;
            for sha in shas {
                deployments::delete_code_if_orphaned(conn, &sha)?;
            }
            quota::give_back(conn, &group.owner, Holding::Deployments, deployments)?;
            quota::give_back(conn, &group.owner, Holding::Webhooks, webhooks)?;
            quota::give_back(conn, &group.owner, Holding::DeviceGroups, 1)?;
            record(conn, &act, "device_group.delete", &group)?;
            Ok(true)
        })
        .await
    }

    /// Asks all devices of a group to restart and returns how many there are; `None` if the group is not there.
    ///
    /// A restart asked for before and not yet carried out is never weakened to a conditional one.
    pub async fn restart_device_group(
        &self,
        id: &DeviceGroupId,
        kind: RestartKind,
        act: Act,
    ) -> Result<Option<u64>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            // Two restarts that met would wait for each other's devices in different orders.
            if !conn.lock_row(Lock::Change, "device_group", id.as_str())? {
                return Ok(None);
            }
            let Some(group) = find(conn, &id)? else { return Ok(None) };
            let devices = devices::request_restart(conn, "group_id", id.as_str(), kind, act.at_ms)?;
            let action = format!("device_group.{}", kind.as_str());
            record(conn, &act, &action, &group)?;
            conn.wake(Wake::DeviceGroup(id.clone()));
            Ok(Some(devices))
        })
        .await
    }

    /// Raises a group's minimum supported deployment and returns that deployment; `None` if the group is not there.
    /// The present one again succeeds.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `deployment` if the group has no such deployment,
    /// [`Conflict::OlderThanMinimum`].
    pub async fn set_min_supported_deployment(
        &self,
        group: &DeviceGroupId,
        deployment: &DeploymentId,
        act: Act,
    ) -> Result<Option<Deployment>, StoreError> {
        let (group, deployment) = (group.clone(), deployment.clone());
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device_group", group.as_str())? {
                return Ok(None);
            }
            let Some(group) = find(conn, &group)? else { return Ok(None) };
            let wanted = deployments::find(conn, &deployment)?
                .filter(|deployment| deployment.group == group.id)
                .ok_or(Conflict::Missing("deployment"))?;
            if group.min_supported_deployment.as_ref() == Some(&wanted.id) {
                return Ok(Some(wanted));
            }
            let minimum_ms = deployments::minimum_created_ms(conn, &group)?;
            if minimum_ms.is_some_and(|minimum_ms| wanted.created_ms < minimum_ms) {
                return Err(Conflict::OlderThanMinimum.into());
            }
            conn.run(
                "update device_group set min_supported_deployment_id = ?2, updated_ms = ?3 where id = ?1",
                &[&group.id.as_str(), &wanted.id.as_str(), &act.at_ms],
            )?;
            act.record(
                conn,
                &group.owner,
                "device_group.set_min_supported_deployment",
                ("device_group", group.id.as_str()),
                Some(wanted.id.as_str()),
            )?;
            conn.wake(Wake::DeviceGroup(group.id.clone()));
            Ok(Some(wanted))
        })
        .await
    }
}

const COLUMNS: &str = "g.id, g.kind, g.product_id, g.owner_id, g.creator_id, g.name, g.description, g.region, \
    g.env_vars, g.load_code_after_blessing, g.production_target_id, g.dut_target_id, g.current_deployment_id, \
    g.min_supported_deployment_id, g.created_ms, g.updated_ms";

pub(crate) fn find(conn: &mut Conn<'_>, id: &DeviceGroupId) -> Result<Option<DeviceGroup>, StoreError> {
    conn.first(&format!("select {COLUMNS} from device_group g where g.id = ?1"), &[&id.as_str()], device_group)
}

fn device_group(row: &Row<'_>) -> Result<DeviceGroup, StoreError> {
    Ok(DeviceGroup {
        id: row.get::<String>(0)?.into(),
        kind: group_kind("device_group", &row.get::<String>(1)?)?,
        product: row.get::<String>(2)?.into(),
        owner: row.get::<String>(3)?.into(),
        creator: row.get::<String>(4)?.into(),
        name: row.get(5)?,
        description: row.get(6)?,
        region: row.get(7)?,
        env_vars: row.get(8)?,
        load_code_after_blessing: row.get(9)?,
        production_target: row.get::<Option<String>>(10)?.map(Into::into),
        dut_target: row.get::<Option<String>>(11)?.map(Into::into),
        current_deployment: row.get::<Option<String>>(12)?.map(Into::into),
        min_supported_deployment: row.get::<Option<String>>(13)?.map(Into::into),
        created_ms: row.get(14)?,
        updated_ms: row.get(15)?,
    })
}

/// What of a device group never changes.
pub(crate) struct Fixed {
    pub id: DeviceGroupId,
    pub kind: DeviceGroupType,
    pub product: ProductId,
    pub owner: AccountId,
}

/// Returns what of a device group never changes; with a lock, in a unit of work that refers to the group.
pub(crate) fn fixed(conn: &mut Conn<'_>, lock: Option<Lock>, id: &DeviceGroupId) -> Result<Option<Fixed>, StoreError> {
    const SQL: &str = "select id, kind, product_id, owner_id from device_group where id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Fixed {
            id: row.get::<String>(0)?.into(),
            kind: group_kind("device_group", &row.get::<String>(1)?)?,
            product: row.get::<String>(2)?.into(),
            owner: row.get::<String>(3)?.into(),
        })
    };
    match lock {
        Some(lock) => conn.first_locked(lock, SQL, &[&id.as_str()], read),
        None => conn.first(SQL, &[&id.as_str()], read),
    }
}

/// Checks that a group's targets are where and what they must be, and keeps them there.
fn check_targets(conn: &mut Conn<'_>, group: &DeviceGroup) -> Result<(), StoreError> {
    let types = group.kind.target_types();
    let targets = [
        (&group.production_target, types.map(|(production, _)| production), "production_target"),
        (&group.dut_target, types.map(|(_, dut)| dut), "dut_target"),
    ];
    for (target, kind, what) in targets {
        let Some(target) = target else { continue };
        let fits = fixed(conn, Some(Lock::Keep), target)?
            .is_some_and(|target| Some(target.kind) == kind && target.product == group.product);
        if !fits {
            return Err(Conflict::Missing(what).into());
        }
    }
    Ok(())
}

fn record(conn: &mut Conn<'_>, act: &Act, action: &str, group: &DeviceGroup) -> Result<(), StoreError> {
    act.record(conn, &group.owner, action, ("device_group", group.id.as_str()), Some(&group.name))
}
