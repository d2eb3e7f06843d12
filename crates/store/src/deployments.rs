use crate::{
    Act, Conflict, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Row},
    counters, device_groups, products,
    quota::{self, Holding},
    select::{From, Order, Select, group_kind, without_nul},
    webhooks,
};
use impstead_model::{AccountId, Code, Deployment, DeploymentId, DeviceGroup, DeviceGroupId, ProductId, Reach, Right};

/// Which deployments a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeploymentFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only those that this account made.
    pub creator: Option<AccountId>,
    /// Only this product's.
    pub product: Option<ProductId>,
    /// Only this device group's.
    pub group: Option<DeviceGroupId>,
    /// Only those with this code.
    pub sha: Option<String>,
    /// Only flagged ones, or only others.
    pub flagged: Option<bool>,
    /// Only those that this account flagged.
    pub flagger: Option<AccountId>,
    /// Only those that have all of these tags.
    pub tags: Vec<String>,
}

/// A deployment about to be made.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// Its device group.
    pub group: DeviceGroupId,
    /// The two sources.
    pub code: Code,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Where the code came from.
    pub origin: Option<String>,
    /// Whether it is protected against deletion.
    pub flagged: bool,
    /// Tags, none of which holds a comma.
    pub tags: Vec<String>,
}

/// What of a deployment changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct DeploymentChange {
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// Whether it is protected against deletion; the actor becomes its flagger.
    pub flagged: Option<bool>,
    /// Tags that replace the old ones.
    pub tags: Option<Vec<String>>,
}

impl Store {
    /// Lists deployments that the caller reaches, newest first.
    pub async fn deployments(
        &self,
        reach: &Reach,
        filter: DeploymentFilter,
        page: Page,
    ) -> Result<Paged<Deployment>, StoreError> {
        let reach = reach.clone();
        self.read(move |conn| {
            let DeploymentFilter { owner, creator, product, group, sha, flagged, flagger, tags } = &filter;
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "deployment d",
                key: "d.id",
                keyed: true,
                time: "d.created_ms",
                order: Order::NewestFirst,
            });
            // Of a group, of a product and of an account: the narrowest leads, and the wider ones follow from it.
            if let Some(group) = group {
                let group = device_groups::fixed(conn, None, group)?
                    .filter(|it| product.as_ref().is_none_or(|product| *product == it.product))
                    .filter(|it| owner.as_ref().is_none_or(|owner| *owner == it.owner));
                select.within_account(
                    &reach,
                    group.as_ref().map(|group| &group.owner),
                    "d.group_kind",
                    Right::ReadInside,
                );
                select.and_is("d.group_id", group.as_ref().map(|group| group.id.as_str()));
            } else if let Some(product) = product {
                let product =
                    products::find(conn, product)?.filter(|it| owner.as_ref().is_none_or(|owner| *owner == it.owner));
                select.within_account(&reach, product.as_ref().map(|it| &it.owner), "d.group_kind", Right::ReadInside);
                select.and_is("d.product_id", product.as_ref().map(|it| it.id.as_str()));
            } else if sha.is_some() {
                select.within(&reach, owner.as_ref(), "(d.owner_id || '')", "d.group_kind", Right::ReadInside);
            } else {
                select.within(&reach, owner.as_ref(), "d.owner_id", "d.group_kind", Right::ReadInside);
            }
            select.and_is("d.sha", sha.as_deref());
            select.and_also_is("d.creator_id", creator.as_ref().map(AccountId::as_str));
            select.and_also_is("d.flagger_id", flagger.as_ref().map(AccountId::as_str));
            if let Some(flagged) = flagged {
                select.and("d.flagged = ?", *flagged);
            }
            for tag in tags {
                // `like` has wildcards and, in SQLite, ignores case; the functions that search are named differently.
                select.and(
                    "replace(',' || d.tags || ',', ?, '') <> ',' || d.tags || ','",
                    without_nul(&format!(",{tag},")),
                );
            }
            select.page(conn, page, deployment)
        })
        .await
    }

    /// Returns a deployment.
    pub async fn deployment(&self, id: &DeploymentId) -> Result<Option<Deployment>, StoreError> {
        let id = id.clone();
        self.read(move |conn| find(conn, &id)).await
    }

    /// Returns a deployment and its two sources.
    pub async fn deployment_with_code(&self, id: &DeploymentId) -> Result<Option<(Deployment, Code)>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let Some(deployment) = find(conn, &id)? else { return Ok(None) };
            let code =
                conn.first("select device_code, agent_code from code where sha = ?1", &[&deployment.sha], |row| {
                    Ok((row.get::<Vec<u8>>(0)?, row.get::<Vec<u8>>(1)?))
                })?;
            // The deployment may have been deleted between the two queries, its code with it.
            let Some((device, agent)) = code else { return Ok(None) };
            Ok(Some((deployment, Code { device: decompress(&device)?, agent: decompress(&agent)? })))
        })
        .await
    }

    /// Deploys code to a device group: it becomes the current deployment, and the first one the minimum supported too.
    ///
    /// Its time is later than that of the group's every other deployment, if need be by setting it ahead of the clock.
    /// A delivery waits for each of the group's `deployment` webhooks when this returns.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `device_group`,
    /// [`Conflict::QuotaReached`].
    pub async fn create_deployment(&self, new: NewDeployment, act: Act) -> Result<Deployment, StoreError> {
        let NewDeployment { group, code, description, origin, flagged, tags } = new;
        // Before the unit of work starts, so that no other waits for it.
        let (sha, device_sha) = (code.sha(), code.device_sha());
        let (device_code, agent_code) = (compress(&code.device)?, compress(&code.agent)?);
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device_group", group.as_str())? {
                return Err(Conflict::Missing("device_group").into());
            }
            let group = device_groups::find(conn, &group)?.ok_or(Conflict::Missing("device_group"))?;
            quota::take(conn, &group.owner, Holding::Deployments)?;
            let newest_ms: Option<i64> = conn
                .first("select max(created_ms) from deployment where group_id = ?1", &[&group.id.as_str()], |row| {
                    row.get(0)
                })?
                .flatten();
            let created_ms = newest_ms.map_or(act.at_ms, |newest_ms| act.at_ms.max(newest_ms + 1));
            let creator = act.account_or(&group.owner).clone();
            let deployment = Deployment {
                id: act.new_id().into(),
                group: group.id.clone(),
                group_kind: group.kind,
                product: group.product.clone(),
                owner: group.owner.clone(),
                flagger: flagged.then(|| creator.clone()),
                creator,
                sha: sha.clone(),
                description: description.clone(),
                origin: origin.clone(),
                flagged,
                tags: tags.clone(),
                created_ms,
                updated_ms: created_ms,
            };
            conn.run(
                "insert into code (sha, device_code, agent_code, device_sha) values (?1, ?2, ?3, ?4)
                 on conflict (sha) do nothing",
                &[&sha, &device_code, &agent_code, &device_sha.as_slice()],
            )?;
            insert(conn, &deployment)?;
            let minimum = group.min_supported_deployment.as_ref().unwrap_or(&deployment.id);
            conn.run(
                "update device_group set current_deployment_id = ?2, min_supported_deployment_id = ?3 where id = ?1",
                &[&group.id.as_str(), &deployment.id.as_str(), &minimum.as_str()],
            )?;
            counters::bump(conn, &group.id, "deployments", 1, act.at_ms)?;
            webhooks::enqueue_deployment(conn, &act, &deployment)?;
            if group.current_deployment.is_none() {
                // Nothing runs there yet, so it starts at once.
                conn.wake(Wake::DeviceGroup(group.id.clone()));
            }
            record(conn, &act, "deployment.create", &deployment)?;
            Ok(deployment)
        })
        .await
    }

    /// Changes a deployment and returns it; `None` if it is not there. A change that alters nothing leaves its time
    /// alone.
    pub async fn update_deployment(
        &self,
        id: &DeploymentId,
        change: DeploymentChange,
        act: Act,
    ) -> Result<Option<Deployment>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "deployment", id.as_str())? {
                return Ok(None);
            }
            let Some(before) = find(conn, &id)? else { return Ok(None) };
            let mut after = before.clone();
            let DeploymentChange { description, flagged, tags } = change.clone();
            after.description = description.unwrap_or(after.description);
            after.tags = tags.unwrap_or(after.tags);
            after.flagged = flagged.unwrap_or(after.flagged);
            if after.flagged != before.flagged {
                after.flagger = after.flagged.then(|| act.account_or(&before.owner).clone());
            }
            if after == before {
                return Ok(Some(before));
            }
            after.updated_ms = act.at_ms;
            conn.run(
                "update deployment set description = ?2, flagged = ?3, flagger_id = ?4, tags = ?5, updated_ms = ?6
                 where id = ?1",
                &[
                    &id.as_str(),
                    &after.description,
                    &after.flagged,
                    &after.flagger.as_ref().map(AccountId::as_str),
                    &after.tags.join(","),
                    &after.updated_ms,
                ],
            )?;
            record(conn, &act, "deployment.update", &after)?;
            Ok(Some(after))
        })
        .await
    }

    /// Deletes a deployment, and its code where no other deployment has it, and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::DeploymentFlagged`],
    /// [`Conflict::DeploymentInUse`] unless it is older than its group's minimum
    /// supported deployment.
    pub async fn delete_deployment(&self, id: &DeploymentId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            let Some(Deployment { group, .. }) = find(conn, &id)? else { return Ok(false) };
            // The group first, as those who deploy and those who raise the minimum do.
            if !conn.lock_row(Lock::Change, "device_group", group.as_str())?
                || !conn.lock_row(Lock::Delete, "deployment", id.as_str())?
            {
                return Ok(false);
            }
            let (Some(group), Some(deployment)) = (device_groups::find(conn, &group)?, find(conn, &id)?) else {
                return Ok(false);
            };
            if deployment.flagged {
                return Err(Conflict::DeploymentFlagged.into());
            }
            if minimum_created_ms(conn, &group)?.is_none_or(|minimum_ms| deployment.created_ms >= minimum_ms) {
                return Err(Conflict::DeploymentInUse.into());
            }
            conn.run("delete from deployment where id = ?1", &[&id.as_str()])?;
            delete_code_if_orphaned(conn, &deployment.sha)?;
            quota::give_back(conn, &deployment.owner, Holding::Deployments, 1)?;
            record(conn, &act, "deployment.delete", &deployment)?;
            Ok(true)
        })
        .await
    }
}

const COLUMNS: &str = "d.id, d.group_id, d.group_kind, d.product_id, d.owner_id, d.creator_id, d.flagger_id, d.sha, \
    d.description, d.origin, d.flagged, d.tags, d.created_ms, d.updated_ms";

pub(crate) fn find(conn: &mut Conn<'_>, id: &DeploymentId) -> Result<Option<Deployment>, StoreError> {
    conn.first(&format!("select {COLUMNS} from deployment d where d.id = ?1"), &[&id.as_str()], deployment)
}

fn deployment(row: &Row<'_>) -> Result<Deployment, StoreError> {
    let tags: String = row.get(11)?;
    Ok(Deployment {
        id: row.get::<String>(0)?.into(),
        group: row.get::<String>(1)?.into(),
        group_kind: group_kind("deployment", &row.get::<String>(2)?)?,
        product: row.get::<String>(3)?.into(),
        owner: row.get::<String>(4)?.into(),
        creator: row.get::<String>(5)?.into(),
        flagger: row.get::<Option<String>>(6)?.map(Into::into),
        sha: row.get(7)?,
        description: row.get(8)?,
        origin: row.get(9)?,
        flagged: row.get(10)?,
        tags: tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        created_ms: row.get(12)?,
        updated_ms: row.get(13)?,
    })
}

fn insert(conn: &mut Conn<'_>, deployment: &Deployment) -> Result<(), StoreError> {
    conn.run(
        "insert into deployment
           (id, group_id, group_kind, product_id, owner_id, creator_id, flagger_id, sha, description, origin, flagged,
            tags, created_ms, updated_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
        &[
            &deployment.id.as_str(),
            &deployment.group.as_str(),
            &deployment.group_kind.as_str(),
            &deployment.product.as_str(),
            &deployment.owner.as_str(),
            &deployment.creator.as_str(),
            &deployment.flagger.as_ref().map(AccountId::as_str),
            &deployment.sha,
            &deployment.description,
            &deployment.origin,
            &deployment.flagged,
            &deployment.tags.join(","),
            &deployment.created_ms,
        ],
    )?;
    Ok(())
}

/// Returns the time of a group's minimum supported deployment.
pub(crate) fn minimum_created_ms(conn: &mut Conn<'_>, group: &DeviceGroup) -> Result<Option<i64>, StoreError> {
    let Some(minimum) = &group.min_supported_deployment else { return Ok(None) };
    Ok(find(conn, minimum)?.map(|minimum| minimum.created_ms))
}

/// Deletes code that no deployment has.
///
/// On PostgreSQL somebody may deploy the same code meanwhile. If they referred to it first, the lock waits for their
/// commit, and the deletion sees their deployment; if we locked it first, their reference waits for our commit, finds
/// the code gone, and their unit of work is tried again.
pub(crate) fn delete_code_if_orphaned(conn: &mut Conn<'_>, sha: &str) -> Result<(), StoreError> {
    conn.first_locked(Lock::Delete, "select 1 from code where sha = ?1", &[&sha], |_| Ok(()))?;
    conn.run(
        "delete from code where sha = ?1 and not exists (select 1 from deployment where deployment.sha = ?1)",
        &[&sha],
    )?;
    Ok(())
}

fn record(conn: &mut Conn<'_>, act: &Act, action: &str, deployment: &Deployment) -> Result<(), StoreError> {
    act.record(conn, &deployment.owner, action, ("deployment", deployment.id.as_str()), Some(deployment.group.as_str()))
}

pub(crate) fn compress(source: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(source, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(StoreError::unavailable)
}

pub(crate) fn decompress(compressed: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::decode_all(compressed).map_err(|cause| StoreError::Corrupt { table: "code", what: cause.to_string() })
}
