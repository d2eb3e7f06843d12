use super::Draft;
use crate::{Client, DeviceGroupType, Entity, Error, Listing, Update, transport::Request};
use impstead_wire::{Deployment, DeviceGroup, Linkage};
use reqwest::{Method, header::HeaderValue};
use serde_json::{Map, Value, json};

const UNBOND_KEY_HEADER: &str = "x-electricimp-key";

/// Device groups: `/devicegroups`.
#[derive(Clone, Copy, Debug)]
pub struct DeviceGroups<'a>(pub(crate) &'a Client);

/// Which device groups to list; all that the caller may see unless set. Several conditions must all hold.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupFilter {
    /// Id of the owning account.
    pub owner: Option<String>,
    /// Id of the product.
    pub product: Option<String>,
    /// The type.
    pub kind: Option<DeviceGroupType>,
}

/// A device group to make.
#[derive(Clone, Debug)]
pub struct NewDeviceGroup {
    /// The type, which stays for ever.
    pub kind: DeviceGroupType,
    /// Id of the product.
    pub product: String,
    /// 1 to 80 characters, unique within the product.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Region; production and pre-production groups only.
    pub region: Option<String>,
    /// Environment variables: strings and numbers by name, at most 16000 bytes of JSON.
    pub env_vars: Option<Map<String, Value>>,
    /// Id of the group to which blessed devices go; required for the fixture types, refused for others.
    pub production_target: Option<String>,
    /// Id of the group to which devices under test go; required for the fixture types, refused for others.
    pub dut_target: Option<String>,
}

impl NewDeviceGroup {
    /// Describes a device group that has no more than it must.
    pub fn new(kind: DeviceGroupType, product: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            product: product.into(),
            name: name.into(),
            description: None,
            region: None,
            env_vars: None,
            production_target: None,
            dut_target: None,
        }
    }
}

/// Changes to a device group; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Update<String>,
    /// New environment variables; they replace all old ones, and reach code with the next deployment.
    pub env_vars: Option<Map<String, Value>>,
    /// Whether application code is loaded right after blessing; production and pre-production groups only.
    pub load_code_after_blessing: Option<bool>,
    /// Id of a new group to which blessed devices go; fixture types only.
    pub production_target: Option<String>,
    /// Id of a new group to which devices under test go; fixture types only.
    pub dut_target: Option<String>,
}

impl DeviceGroups<'_> {
    /// Lists device groups, oldest first.
    pub fn list(self, filter: &DeviceGroupFilter) -> Listing<DeviceGroup> {
        let DeviceGroupFilter { owner, product, kind } = filter;
        Listing::new(self.0, self.0.v5(&["devicegroups"]))
            .filter("owner.id", owner.as_deref())
            .filter("product.id", product.as_deref())
            .filter("type", kind.map(DeviceGroupType::as_str))
    }

    /// Fetches a device group by id.
    pub async fn get(self, id: &str) -> Result<Entity<DeviceGroup>, Error> {
        self.0.get(self.0.v5(&["devicegroups", id])?).await
    }

    /// Makes a device group. A name that is taken answers 409, a type to which the account is not entitled 403, both
    /// [`Error::Service`].
    pub async fn create(self, group: &NewDeviceGroup) -> Result<Entity<DeviceGroup>, Error> {
        let NewDeviceGroup { kind, product, name, description, region, env_vars, production_target, dut_target } =
            group;
        let draft = Draft::default()
            .attribute("name", Some(name))
            .attribute("description", description.as_ref())
            .attribute("region", region.as_ref())
            .attribute("env_vars", env_vars.as_ref())
            .relationship("product", Some(&Linkage::new("product", product)));
        let draft = targets(draft, *kind, production_target.as_deref(), dut_target.as_deref());
        self.0.write(Method::POST, self.0.v5(&["devicegroups"])?, &draft.document(kind.as_str(), None)).await
    }

    /// Changes a device group, whose present type must be given; a wrong one answers 409, [`Error::Service`].
    pub async fn update(
        self,
        id: &str,
        kind: DeviceGroupType,
        changes: &DeviceGroupChanges,
    ) -> Result<Entity<DeviceGroup>, Error> {
        let DeviceGroupChanges { name, description, env_vars, load_code_after_blessing, production_target, dut_target } =
            changes;
        let draft = Draft::default()
            .attribute("name", name.as_ref())
            .update("description", description)
            .attribute("env_vars", env_vars.as_ref())
            .attribute("load_code_after_blessing", load_code_after_blessing.as_ref());
        let draft = targets(draft, kind, production_target.as_deref(), dut_target.as_deref());
        self.0.write(Method::PATCH, self.0.v5(&["devicegroups", id])?, &draft.document(kind.as_str(), Some(id))).await
    }

    /// Deletes a device group with its deployments. One with devices or flagged deployments, or that is a target of
    /// another, answers 409, [`Error::Service`].
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["devicegroups", id])?).await
    }

    /// Restarts all devices of a group; they then run its current deployment. Does not wait for them.
    pub async fn restart(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::POST, self.0.v5(&["devicegroups", id, "restart"])?).await
    }

    /// Restarts the devices that run an older deployment than the minimum supported one; tells the others that there is
    /// new code.
    pub async fn conditional_restart(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::POST, self.0.v5(&["devicegroups", id, "conditional_restart"])?).await
    }

    /// Assigns devices, given by id, MAC address or agent id, to a group; moves those that are in another.
    ///
    /// Assigning a device to the group in which it is reloads it.
    ///
    /// # Errors
    /// [`Error::Service`] with one entry per device that could not be assigned (400); the others were.
    pub async fn add_devices<D: AsRef<str>>(&self, id: &str, devices: &[D]) -> Result<(), Error> {
        let url = self.0.v5(&["devicegroups", id, "relationships", "devices"])?;
        self.0.execute(Request::new(Method::POST, url).json(&linkages(devices))).await.map(drop)
    }

    /// Removes devices, given by id, MAC address or agent id, from a group. Production devices need the account's
    /// unbonding key, and become plain development devices.
    ///
    /// # Errors
    /// [`Error::Service`] with one entry per device that could not be removed (400); the others were. 403 if the key
    /// is wrong or missing.
    pub async fn remove_devices<D: AsRef<str>>(
        &self,
        id: &str,
        devices: &[D],
        unbond_key: Option<&str>,
    ) -> Result<(), Error> {
        let url = self.0.v5(&["devicegroups", id, "relationships", "devices"])?;
        let mut request = Request::new(Method::DELETE, url).json(&linkages(devices));
        if let Some(key) = unbond_key {
            let key = HeaderValue::from_str(key).map_err(|_| Error::settings("the unbonding key is not plain text"))?;
            request = request.secret_header(UNBOND_KEY_HEADER, key);
        }
        self.0.execute(request).await.map(drop)
    }

    /// Raises the oldest deployment that devices of the group may run; devices on older ones get the current one.
    ///
    /// Returns the deployment if the service tells it. One that is older than the present minimum answers 409,
    /// [`Error::Service`].
    pub async fn set_min_supported_deployment(
        self,
        id: &str,
        deployment: &str,
    ) -> Result<Option<Entity<Deployment>>, Error> {
        let url = self.0.v5(&["devicegroups", id, "relationships", "min_supported_deployment"])?;
        let body = json!({ "data": Linkage::new("deployment", deployment) });
        let answer = self.0.execute(Request::new(Method::PUT, url).json(&body)).await?;
        // The vendor's own library ignores the body, so that nothing is known of it for sure.
        Ok(Entity::from_answer(&answer).ok())
    }
}

/// Adds the targets, whose types follow from the group's own.
fn targets(draft: Draft, kind: DeviceGroupType, production: Option<&str>, dut: Option<&str>) -> Draft {
    let (production_type, dut_type) = match kind {
        DeviceGroupType::PreFactoryFixture => (DeviceGroupType::PreProduction, DeviceGroupType::PreDut),
        _ => (DeviceGroupType::Production, DeviceGroupType::Dut),
    };
    let production = production.map(|id| Linkage::new(production_type.as_str(), id));
    let dut = dut.map(|id| Linkage::new(dut_type.as_str(), id));
    draft.relationship("production_target", production.as_ref()).relationship("dut_target", dut.as_ref())
}

fn linkages<D: AsRef<str>>(devices: &[D]) -> Value {
    let data: Vec<_> = devices.iter().map(|device| Linkage::new("device", device.as_ref())).collect();
    json!({ "data": data })
}
