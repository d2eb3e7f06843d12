use super::{Answer, Answers, Operator, answer};
use anyhow::{Context, Result, anyhow, bail};
use ed25519_dalek::SigningKey;
use futures_util::{StreamExt, stream};
use impstead_model::{AccountId, Device, hex};
use impstead_store::{Conflict, Enrolment, NewDevice, StoreError};
use serde_json::{Value, json};

/// Devices added at once, so that they share commits.
const AT_ONCE: usize = 64;

/// Most devices that one command adds.
const MOST: u32 = 1_000_000;

impl Operator {
    /// Adds devices to an account. Each has a new Ed25519 key pair, whose secret half is in the answer and nowhere else.
    pub(super) async fn add_devices(
        &self,
        owner: &str,
        count: u32,
        imp_type: String,
        mac_address: Option<String>,
        answers: &Answers,
    ) -> Result<()> {
        if !(1..=MOST).contains(&count) {
            bail!("cannot add {count} devices: choose 1 to {MOST}");
        }
        if count > 1 && mac_address.is_some() {
            bail!("a MAC address belongs to one device: leave out --mac-address or --count");
        }
        let owner = self.find_account(owner).await?.id;
        let one = || self.add_device(owner.clone(), imp_type.clone(), mac_address.clone());
        let mut rows = stream::iter(0..count).map(|_| one()).buffered(AT_ONCE);
        let mut added = 0;
        while let Some(row) = rows.next().await {
            let row = match row {
                Ok(row) => row,
                Err(error) if added == 0 => return Err(error),
                Err(error) => return Err(error.context(format!("added {added} of {count} devices"))),
            };
            answer(answers, Answer::Row(row)).await?;
            added += 1;
        }
        Ok(())
    }

    /// Enrols a device, as BlinkUp would. Devices are named by id, MAC address or agent id.
    pub(super) async fn enrol_device(
        &self,
        device: &str,
        plan_id: String,
        token: String,
        fixture: Option<&str>,
        answers: &Answers,
    ) -> Result<()> {
        let id = self.find_device(device).await?.id;
        let fixture = match fixture {
            Some(fixture) => Some(self.find_device(fixture).await?.id),
            None => None,
        };
        let enrolment = Enrolment { plan_id, token, fixture };
        let device = self.store.enrol_device(&id, enrolment, self.act()).await.map_err(|error| match error {
            StoreError::Conflict(Conflict::Missing("fixture")) => anyhow!(
                "the fixture is of another account, or in no factory fixture group that has a device-under-test target: \
                 name a device of such a group"
            ),
            StoreError::Conflict(Conflict::Move(refusal)) => {
                anyhow!("the device cannot go to the fixture's device-under-test group: {refusal}")
            }
            error => anyhow::Error::from(error).context("cannot enrol the device"),
        })?;
        let device = device.context("the device is gone")?;
        let assignment = device.assignment.as_ref();
        let row = json!({
            "id": device.id.as_str(),
            "mac_address": device.mac_address,
            "plan_id": device.plan_id,
            "devicegroup_id": assignment.map(|assignment| assignment.group.as_str()),
            "agent_id": assignment.map(|assignment| assignment.agent_id.as_str()),
        });
        answer(answers, Answer::Row(row)).await
    }

    /// Finds a device by id, MAC address or agent id.
    async fn find_device(&self, name: &str) -> Result<Device> {
        self.store
            .device(name)
            .await?
            .with_context(|| format!("there is no device {name:?}: write its id, its MAC address or its agent id"))
    }

    async fn add_device(&self, owner: AccountId, imp_type: String, mac: Option<String>) -> Result<Value> {
        let seed = self.entropy.bytes::<32>();
        let public_key = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let new = NewDevice { id: None, mac: mac.clone(), owner, imp_type, plan_id: None, public_key };
        let device = self.store.add_device(new, self.act()).await.map_err(|error| match error {
            StoreError::Conflict(Conflict::Duplicate) => anyhow!(
                "there is a device with the MAC address {} already: choose another one",
                mac.as_deref().unwrap_or("chosen at random")
            ),
            StoreError::Conflict(Conflict::Missing("mac_address")) => anyhow!(
                "{:?} is not a MAC address: write six hex octets, for example 0c:2a:69:00:00:01",
                mac.as_deref().unwrap_or_default()
            ),
            StoreError::Conflict(Conflict::QuotaReached { what, limit }) => {
                anyhow!("the account may hold at most {limit} {what}: raise it with `impstead admin account set-quota`")
            }
            error => error.into(),
        });
        let device = device.context("cannot add the device")?;
        Ok(json!({ "id": device.id.as_str(), "mac_address": device.mac_address, "secret": hex(&seed) }))
    }
}
