//! The demo account: made at the first start with `--demo`, left alone afterwards.
//!
//! The password file says how far it got: `demo-password.new` while the samples are being made, `demo-password` once all
//! are there. So a crash in between is made good by the next start, and what a user deletes stays deleted.

use crate::{
    commands::new_password,
    directory::{Directory, added, sync_parent, write_private},
};
use anyhow::{Context, Result, anyhow};
use impstead_device_protocol::DeviceSecret;
use impstead_model::{
    Account, Actor, Clock, Code, DeviceGroup, DeviceGroupId, DeviceGroupType, DeviceId, Entropy, ProductId, Reach,
};
use impstead_server::Passwords;
use impstead_store::{
    Act, DeploymentFilter, DeviceGroupFilter, NewAccount, NewDeployment, NewDevice, NewDeviceGroup, NewProduct,
    NewVirtualImp, Page, Store,
};
use std::{fmt::Write, sync::Arc};

const USERNAME: &str = "demo";
const PRODUCT: &str = "Demo greenhouse";
const BEDS: &str = "Beds";
const MACS: [&str; 2] = ["02:de:60:00:00:01", "02:de:60:00:00:02"];

const FIRST_PAGE: Page = Page { number: 1, size: 100 };

const SENSOR: (&str, &str) = (include_str!("device.nut"), include_str!("agent.nut"));
const FIXTURE: (&str, &str) = (include_str!("fixture_device.nut"), "");
const UNDER_TEST: (&str, &str) = (include_str!("dut_device.nut"), include_str!("dut_agent.nut"));

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Demo {
    /// The account is new, and this is its password.
    Made(String),
    /// It was there already, and the file holds its password.
    There,
    /// There is an account of this name whose password only its owner knows.
    NotOurs,
}

/// Makes the demo account unless it is there.
pub async fn ensure(
    directory: &Directory,
    store: &Store,
    passwords: &Passwords,
    clock: &dyn Clock,
    entropy: &Arc<dyn Entropy>,
) -> Result<Demo> {
    let file = directory.demo_password();
    let unfinished = added(&file, ".unfinished");
    let account = store.account_by_name(USERNAME).await?;
    if account.is_some() && file.try_exists()? {
        return Ok(Demo::There);
    }
    let password = match (account.is_some(), unfinished.try_exists()?) {
        (true, false) => return Ok(Demo::NotOurs),
        (_, true) => std::fs::read_to_string(&unfinished)?.trim().to_owned(),
        (false, false) => {
            let password = new_password(&**entropy);
            write_private(&unfinished, format!("{password}\n").as_bytes())?;
            password
        }
    };
    let account = if let Some(account) = account {
        account
    } else {
        let hash = passwords.hash(&password, &**entropy).await;
        let new = NewAccount {
            username: USERNAME.into(),
            email: "demo@example.com".into(),
            password_hash: hash.map_err(|_| anyhow!("cannot hash the password"))?,
            production: true,
        };
        let act = Act { actor: Actor::OPERATOR, at_ms: clock.now_ms(), entropy: Arc::clone(entropy) };
        store.create_account(new, act).await.context("cannot make the demo account")?
    };
    Samples { store, clock, entropy, account: &account }
        .make()
        .await
        .context("cannot make the demo account's samples")?;
    std::fs::rename(&unfinished, &file)?;
    sync_parent(&file)?;
    Ok(Demo::Made(password))
}

/// Makes the virtual imps that the demo account lacks, in the device group of beds if that is still there.
pub async fn ensure_imps(
    demo: &Demo,
    count: u32,
    store: &Store,
    clock: &dyn Clock,
    entropy: &Arc<dyn Entropy>,
) -> Result<()> {
    let Some(account) = store.account_by_name(USERNAME).await?.filter(|_| *demo != Demo::NotOurs) else {
        return Ok(());
    };
    let samples = Samples { store, clock, entropy, account: &account };
    samples.make_imps(count).await.context("cannot make the demo account's virtual imps")
}

struct Samples<'s> {
    store: &'s Store,
    clock: &'s dyn Clock,
    entropy: &'s Arc<dyn Entropy>,
    account: &'s Account,
}

impl Samples<'_> {
    /// Makes what is missing.
    async fn make(&self) -> Result<()> {
        use DeviceGroupType::{Development, Dut, FactoryFixture, PreDut, PreFactoryFixture, PreProduction, Production};
        let product = self.product().await?;
        let beds = self.group(&product, Development, BEDS, "Where the code is written", None).await?;
        self.deploy(&beds.id, SENSOR, "Report readings", &["v1.0"]).await?;

        let lab = self.group(&product, PreProduction, "Lab", "Devices blessed in the lab", None).await?;
        let lab_dut = self.group(&product, PreDut, "Lab tests", "Test code being written", None).await?;
        let targets = Some((&lab.id, &lab_dut.id));
        self.group(&product, PreFactoryFixture, "Lab fixture", "Fixture code being written", targets).await?;

        let shipped = self.group(&product, Production, "Shipped", "Devices of customers", None).await?;
        let line_dut = self.group(&product, Dut, "Line tests", "Devices under test on the line", None).await?;
        let targets = Some((&shipped.id, &line_dut.id));
        let line = self.group(&product, FactoryFixture, "Line fixtures", "Fixtures on the line", targets).await?;
        self.deploy(&shipped.id, SENSOR, "First release", &["v1.0", "release"]).await?;
        self.deploy(&line_dut.id, UNDER_TEST, "Check the supply, then bless", &["line"]).await?;
        self.deploy(&line.id, FIXTURE, "Configure by light", &["line"]).await?;

        // It lives in the server; nothing connects as the other.
        let first = self.device(MACS[0], "Bed 1", true).await?;
        self.device(MACS[1], "Spare sensor", false).await?;
        self.store.assign_device(&beds.id, &first, self.act()).await?;
        Ok(())
    }

    fn act(&self) -> Act {
        let actor = Actor { account: Some(self.account.id.clone()), ..Actor::OPERATOR };
        Act { actor, at_ms: self.clock.now_ms(), entropy: Arc::clone(self.entropy) }
    }

    fn reach(&self) -> Reach {
        Reach { account: self.account.id.clone(), collaborations: Vec::new() }
    }

    async fn product(&self) -> Result<ProductId> {
        let products = self.store.products(&self.reach(), None, FIRST_PAGE).await?;
        if let Some(product) = products.items.into_iter().find(|product| product.name == PRODUCT) {
            return Ok(product.id);
        }
        let new = NewProduct {
            owner: self.account.id.clone(),
            name: PRODUCT.into(),
            description: Some("Sensors and valves for greenhouses: a sample".into()),
        };
        Ok(self.store.create_product(new, self.act()).await?.id)
    }

    async fn group(
        &self,
        product: &ProductId,
        kind: DeviceGroupType,
        name: &str,
        description: &str,
        targets: Option<(&DeviceGroupId, &DeviceGroupId)>,
    ) -> Result<DeviceGroup> {
        let filter = DeviceGroupFilter { product: Some(product.clone()), ..DeviceGroupFilter::default() };
        let groups = self.store.device_groups(&self.reach(), filter, FIRST_PAGE).await?;
        if let Some(group) = groups.items.into_iter().find(|group| group.name == name) {
            return Ok(group);
        }
        let new = NewDeviceGroup {
            kind,
            product: product.clone(),
            name: name.into(),
            description: Some(description.into()),
            region: None,
            env_vars: "{}".into(),
            load_code_after_blessing: kind.holds_blessed_devices(),
            production_target: targets.map(|(production, _)| production.clone()),
            dut_target: targets.map(|(_, dut)| dut.clone()),
        };
        Ok(self.store.create_device_group(new, self.act()).await?)
    }

    async fn deploy(
        &self,
        group: &DeviceGroupId,
        (device, agent): (&str, &str),
        description: &str,
        tags: &[&str],
    ) -> Result<()> {
        let filter = DeploymentFilter { group: Some(group.clone()), ..DeploymentFilter::default() };
        if !self.store.deployments(&self.reach(), filter, FIRST_PAGE).await?.items.is_empty() {
            return Ok(());
        }
        let new = NewDeployment {
            group: group.clone(),
            code: Code { device: device.into(), agent: agent.into() },
            description: Some(description.into()),
            origin: Some("impstead serve --demo".into()),
            flagged: false,
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        };
        self.store.create_deployment(new, self.act()).await?;
        Ok(())
    }

    async fn device(&self, mac: &str, name: &str, lives: bool) -> Result<DeviceId> {
        if let Some(device) = self.store.device(mac).await? {
            return Ok(device.id);
        }
        let new = self.new_device(Some(mac));
        if lives {
            return self.imp(new, name).await;
        }
        let device = self.store.add_device(new, self.act()).await?;
        self.store.rename_device(&device.id, Some(name.into()), self.act()).await?;
        Ok(device.id)
    }

    async fn imp(&self, device: NewDevice, name: &str) -> Result<DeviceId> {
        let new = NewVirtualImp { device, name: Some(name.into()), is_started: true, board: None };
        Ok(self.store.create_virtual_imp(new, self.act()).await?.device.id)
    }

    fn new_device(&self, mac: Option<&str>) -> NewDevice {
        NewDevice {
            id: None,
            mac: mac.map(str::to_owned),
            owner: self.account.id.clone(),
            imp_type: "imp006".into(),
            plan_id: None,
            // The secret half is forgotten at once: nobody connects with it, and virtual imps get others.
            public_key: DeviceSecret::from_seed(&self.entropy.bytes()).public_key(),
        }
    }

    /// Makes virtual imps until there are so many.
    async fn make_imps(&self, count: u32) -> Result<()> {
        let (mut there, mut page) = (0, FIRST_PAGE);
        loop {
            let imps = self.store.virtual_imps(&self.reach(), None, page).await?;
            there += imps.items.len();
            if !imps.more {
                break;
            }
            page.number += 1;
        }
        let groups = self.store.device_groups(&self.reach(), DeviceGroupFilter::default(), FIRST_PAGE).await?;
        let beds = groups.items.into_iter().find(|group| group.name == BEDS).map(|group| group.id);
        for number in there + 1..=count as usize {
            let imp = self.imp(self.new_device(None), &format!("Bed {number}")).await?;
            if let Some(beds) = &beds {
                self.store.assign_device(beds, &imp, self.act()).await?;
            }
        }
        Ok(())
    }
}

/// Writes how to use the demo account: lines to paste into a shell.
pub fn how_to_use(demo: &Demo, directory: &Directory, url: &str) -> String {
    let file = directory.demo_password();
    let file = std::path::absolute(&file).unwrap_or(file);
    let file = quoted(&file.display().to_string());
    let (about, password) = match demo {
        Demo::Made(password) => {
            (format!("demo account: user name {USERNAME}, password {password} (kept in {file})"), password.clone())
        }
        Demo::There => {
            (format!("demo account: user name {USERNAME}, password in {file}"), format!("\"$(cat {file})\""))
        }
        Demo::NotOurs => {
            return format!(
                "there is an account {USERNAME} already, which was not made by --demo; \
                 `impstead admin account set-password {USERNAME}` gives it a new password\n"
            );
        }
    };
    let in_json = match demo {
        Demo::There => format!("'\"$(cat {file})\"'"),
        _ => password.clone(),
    };
    let mut text = String::new();
    let _ = writeln!(text, "{about}");
    let _ = writeln!(text, "API reference: {url}/docs");
    let _ = writeln!(text, "try:");
    let _ = writeln!(
        text,
        "  curl -s {url}/v5/auth -H 'Content-Type: application/json' -d '{{\"id\":\"{USERNAME}\",\"password\":\"{in_json}\"}}'"
    );
    let _ = writeln!(text, "  impt auth login --user {USERNAME} --pwd {password} --endpoint {url}/v5");
    let _ = writeln!(
        text,
        "  printf %s {password} | impstead login --endpoint {url}/v5 --user {USERNAME} --password-stdin"
    );
    text
}

/// Quotes a path for a shell where it needs to be.
fn quoted(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
