//! Reads everything back after a kill.

use super::{
    Tally,
    records::{Deployment, Device, Group, Product, Records},
    writer::Writer,
};
use crate::http::Client;
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Deployments whose code is read back after a kill, beside the groups' current ones.
const SAMPLE: usize = 20;

/// Compares what the server has with what it acknowledged. What was in doubt becomes certain.
pub fn after_kill(
    client: &mut Client,
    writers: &mut [Writer],
    random: &mut Rng,
    read_all_code: bool,
    tally: &mut Tally,
) -> Result<()> {
    let found = read_everything(client)?;
    let mut expected = Records::default();
    for writer in writers {
        tally.acknowledged += std::mem::take(&mut writer.acknowledged);
        if let Some(write) = writer.doubt.take() {
            tally.in_doubt += 1;
            if let Some((part, id)) = found.part_of(&write) {
                tally.happened += 1;
                writer.records.apply(part, id);
            }
        }
        expected.extend(&writer.records);
    }
    let differences = expected.differences(&found);
    ensure!(differences.is_empty(), "{}", differences.join("\n"));

    let mut to_read: Vec<&String> = found.deployments.keys().collect();
    if !read_all_code {
        random.shuffle(&mut to_read);
        to_read.truncate(SAMPLE);
        to_read.extend(found.groups.values().filter_map(|group| group.current.as_ref()));
    }
    for id in to_read {
        let code = client.get(&format!("/v5/deployments/{id}"))?["data"]["attributes"]["device_code"].take();
        let expected = found.deployments.get(id).with_context(|| format!("deployment {id} is not in the list"))?;
        ensure!(code.as_str() == Some(&*expected.code()), "the code of deployment {id} is damaged");
    }
    Ok(())
}

/// Reads all lists, and checks them against each other and against the counts.
fn read_everything(client: &mut Client) -> Result<Records> {
    let mut ids = HashSet::new();
    let products = list(client, "/v5/products", &mut ids, |item| {
        let attributes = &item["attributes"];
        Ok(Product { name: text(&attributes["name"])?, description: text(&attributes["description"])? })
    })?;
    let groups = list(client, "/v5/devicegroups", &mut ids, |item| {
        let related = &item["relationships"];
        Ok(Group {
            product: text(&related["product"]["id"])?,
            name: text(&item["attributes"]["name"])?,
            current: related["current_deployment"]["id"].as_str().map(str::to_owned),
        })
    })?;
    let deployments = list(client, "/v5/deployments", &mut ids, |item| {
        Ok(Deployment {
            group: text(&item["relationships"]["devicegroup"]["id"])?,
            description: text(&item["attributes"]["description"])?,
        })
    })?;
    let devices = list(client, "/v5/devices", &mut ids, |item| {
        Ok(Device {
            name: item["attributes"]["name"].as_str().map(str::to_owned),
            group: item["relationships"]["devicegroup"]["id"].as_str().map(str::to_owned),
        })
    })?;
    let found = Records { products, groups, deployments, devices };
    let usage = client.get("/impstead/v1/accounts/me/quota")?["data"]["attributes"].take();
    for (what, count) in [
        ("products", found.products.len()),
        ("devicegroups", found.groups.len()),
        ("deployments", found.deployments.len()),
        ("devices", found.devices.len()),
    ] {
        ensure!(usage[what]["used"] == count, "{count} {what}, but counted are {}", usage[what]["used"]);
    }
    Ok(found)
}

/// Reads all pages of a list, by id.
fn list<T>(
    client: &mut Client,
    path: &str,
    ids: &mut HashSet<String>,
    read: impl Fn(&Value) -> Result<T>,
) -> Result<BTreeMap<String, T>> {
    let mut all = BTreeMap::new();
    for number in 1.. {
        let page = client.get(&format!("{path}?page[size]=100&page[number]={number}"))?;
        for item in page["data"].as_array().context("no data")? {
            let id = text(&item["id"])?;
            ensure!(ids.insert(id.clone()), "the id {id} is there twice");
            all.insert(id, read(item).with_context(|| item.to_string())?);
        }
        if page["links"]["next"].is_null() {
            break;
        }
    }
    Ok(all)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("not text")?.to_owned())
}
