use super::{Answers, Operator, answer, say};
use crate::admin::Answer;
use anyhow::{Context, Result, bail};
use impstead_model::iso_8601;
use serde_json::json;

/// The longest name or version.
const MOST: usize = 100;

impl Operator {
    /// Adds a library, or replaces it. Its code must compile.
    pub(super) async fn put_library(&self, name: &str, version: &str, source: &str, answers: &Answers) -> Result<()> {
        let is_word = |text: &str| {
            (1..=MOST).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        };
        if !is_word(name) || !is_word(version) {
            bail!(
                "{name}:{version} is no name and version: write letters, digits, dots, hyphens and underscores, such as Promise.lib.nut:4.0.0"
            );
        }
        let image = platform::agent_image(0);
        if let Err(errors) = squirrel::Program::compile(&image, source.as_bytes(), name.as_bytes()) {
            let error = errors.first().map(ToString::to_string).unwrap_or_default();
            bail!("{name}:{version} does not compile: line {error}");
        }
        let is_new = self.store.put_library(name, version, source.as_bytes(), self.act()).await?;
        let what = if is_new { "added" } else { "replaced" };
        say(answers, format!("{what} {name}:{version}; agents that start from now on get it")).await
    }

    /// Lists all libraries: a row for each.
    pub(super) async fn list_libraries(&self, answers: &Answers) -> Result<()> {
        for library in self.store.libraries().await? {
            let created_at = iso_8601(library.created_ms);
            let row = json!({ "name": library.name, "version": library.version, "created_at": created_at });
            answer(answers, Answer::Row(row)).await?;
        }
        Ok(())
    }

    /// Removes a library. Agents that run keep it.
    pub(super) async fn remove_library(&self, name: &str, version: &str, answers: &Answers) -> Result<()> {
        let is_gone = self.store.delete_library(name, version).await?;
        is_gone
            .then_some(())
            .with_context(|| format!("there is no library {name}:{version}: see `impstead library list`"))?;
        say(answers, format!("removed {name}:{version}")).await
    }
}
