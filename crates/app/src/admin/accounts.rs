use super::{Answer, Answers, Operator, answer, say};
use anyhow::{Context, Result, anyhow, bail};
use impstead_model::{Account, AccountId, Quota, is_email, is_password, is_username};
use impstead_store::{Conflict, NewAccount, Page, QuotaChange, StoreError};
use serde::{Deserialize, Serialize};

/// New limits of an account: a missing one stays, `null` returns to the default.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaLimits {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub products: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub device_groups: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub deployments: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub devices: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub webhooks: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub login_keys: Option<Option<i64>>,
}

/// Keeps `null` apart from a missing member.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// An account, as listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountRow {
    pub id: String,
    pub username: String,
    pub email: String,
    pub production: bool,
    pub disabled: bool,
    pub second_factor: bool,
    pub created_at: String,
    pub holds: Counts,
    pub limits: Counts,
}

/// How many of each kind.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Counts {
    pub products: i64,
    pub device_groups: i64,
    pub deployments: i64,
    pub devices: i64,
    pub webhooks: i64,
    pub login_keys: i64,
}

impl Operator {
    pub(super) async fn create_account(
        &self,
        username: String,
        email: String,
        password: &str,
        production: bool,
        answers: &Answers,
    ) -> Result<()> {
        if !is_username(&username) {
            bail!(
                "{username:?} cannot be a user name: choose 1 to 64 visible ASCII characters without @, /, ? and #, \
                 other than \"me\""
            );
        }
        if !is_email(&email) {
            bail!("{email:?} is not an e-mail address: write one such as name@example.com");
        }
        let password_hash = self.hash(password).await?;
        let new = NewAccount { username, email, password_hash, production };
        let (username, email) = (new.username.clone(), new.email.clone());
        let account = self.store.create_account(new, self.act()).await.map_err(|error| match error {
            StoreError::Conflict(Conflict::Taken("email")) => {
                anyhow!("another account has the e-mail address {email}: choose another one")
            }
            StoreError::Conflict(Conflict::Taken(_)) => {
                anyhow!("another account has the user name {username}: choose another one")
            }
            error => anyhow::Error::from(error).context("cannot make the account"),
        })?;
        say(answers, format!("created account {} with id {}", account.username, account.id)).await
    }

    pub(super) async fn list_accounts(&self, answers: &Answers) -> Result<()> {
        let mut page = Page { number: 1, size: 100 };
        loop {
            let accounts = self.store.all_accounts(page).await?;
            for account in accounts.items {
                answer(answers, Answer::Row(serde_json::to_value(self.row(account).await?)?)).await?;
            }
            if !accounts.more {
                return Ok(());
            }
            page.number += 1;
        }
    }

    async fn row(&self, account: Account) -> Result<AccountRow> {
        let Account { id, username, email, production, disabled, quota, created_ms, updated_ms: _ } = account;
        let credentials = self.store.credentials(&id).await?;
        let usage = self.store.usage(&id).await?;
        let Quota { products, device_groups, deployments, devices, webhooks, login_keys } = quota;
        Ok(AccountRow {
            id: id.as_str().to_owned(),
            username,
            email,
            production,
            disabled,
            second_factor: credentials.is_some_and(|credentials| credentials.totp_enabled),
            created_at: impstead_wire::Timestamp::from_ms(created_ms).to_string(),
            holds: Counts {
                products: usage.products,
                device_groups: usage.device_groups,
                deployments: usage.deployments,
                devices: usage.devices,
                webhooks: usage.webhooks,
                login_keys: usage.login_keys,
            },
            limits: Counts { products, device_groups, deployments, devices, webhooks, login_keys },
        })
    }

    pub(super) async fn set_disabled(&self, account: &str, disabled: bool, answers: &Answers) -> Result<()> {
        let account = self.find_account(account).await?;
        self.store.set_disabled(&account.id, disabled, self.act()).await?.context("the account is gone")?;
        let state = if disabled { "disabled: it cannot sign in, and its tokens no longer work" } else { "enabled" };
        say(answers, format!("account {} is {state}", account.username)).await
    }

    pub(super) async fn set_production(&self, account: &str, production: bool, answers: &Answers) -> Result<()> {
        let account = self.find_account(account).await?;
        self.store.set_production(&account.id, production, self.act()).await?.context("the account is gone")?;
        let verb = if production { "may" } else { "may not" };
        say(answers, format!("account {} {verb} make production device groups", account.username)).await
    }

    pub(super) async fn set_password(&self, account: &str, password: &str, answers: &Answers) -> Result<()> {
        let account = self.find_account(account).await?;
        let hash = self.hash(password).await?;
        if !self.store.set_password(&account.id, hash, None, self.act()).await? {
            bail!("the account is gone");
        }
        say(answers, format!("account {} has a new password; its sessions have ended", account.username)).await
    }

    pub(super) async fn set_quota(&self, account: &str, limits: QuotaLimits, answers: &Answers) -> Result<()> {
        let account = self.find_account(account).await?;
        let QuotaLimits { products, device_groups, deployments, devices, webhooks, login_keys } = limits;
        let all = [products, device_groups, deployments, devices, webhooks, login_keys];
        if all.iter().all(Option::is_none) {
            bail!("no limit was named: give at least one, for example --devices 1000");
        }
        if all.into_iter().flatten().flatten().any(i64::is_negative) {
            bail!("a limit is 0 or more");
        }
        let change = QuotaChange { products, device_groups, deployments, devices, webhooks, login_keys };
        let account = self.store.set_quota(&account.id, change, self.act()).await?.context("the account is gone")?;
        answer(answers, Answer::Row(serde_json::to_value(self.row(account).await?)?)).await
    }

    pub(super) async fn reset_totp(&self, account: &str, answers: &Answers) -> Result<()> {
        let account = self.find_account(account).await?;
        let had_one = self.store.disable_totp(&account.id, self.act()).await?;
        let text = if had_one { "no longer asks for one-time passwords" } else { "had no second factor" };
        say(answers, format!("account {} {text}", account.username)).await
    }

    /// Finds an account by user name, e-mail address or id.
    pub(super) async fn find_account(&self, name: &str) -> Result<Account> {
        if let Some(account) = self.store.account_by_name(name).await? {
            return Ok(account);
        }
        self.store.account(&AccountId::new(name)).await?.with_context(|| {
            format!("there is no account {name:?}; `impstead admin account list` shows all, `impstead account create` makes one")
        })
    }

    async fn hash(&self, password: &str) -> Result<String> {
        if !is_password(password) {
            bail!("the password has {} bytes: choose one of 8 to 1024 bytes", password.len());
        }
        // The error is one of the API's, which has no text of its own.
        let hash = self.passwords.hash(password, &*self.entropy).await;
        hash.map_err(|_| anyhow!("the server is busy signing accounts in; try again"))
    }
}
