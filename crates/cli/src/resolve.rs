//! Finds what a user means by a name or an id: first as an id, then by name among all.
//!
//! The order is that of the vendor's command line tool; an id therefore always wins over a name that looks like it.

use crate::{failure::Failure, output::list::fetch, session::Session};
use impstead_client::{
    DeviceFilter, DeviceGroupFilter, Entity, Error, ProductFilter,
    wire::{Device, DeviceGroup, Product},
};
use std::collections::{BTreeMap, HashMap};

/// A resource's id, and what tells it from others of the same name.
type Candidate<T> = (String, String, Entity<T>);

impl Session<'_> {
    /// Finds a product.
    pub async fn product(&mut self, wanted: &str) -> Result<Entity<Product>, Failure> {
        if let Some(product) = unless_unknown(self.client.products().get(wanted).await)? {
            return Ok(product);
        }
        let listing = self.client.products().list(&ProductFilter::default());
        let products = fetch(listing, "products", self.context).await?.into_iter();
        let named = products.filter(|product| product.attributes.name == wanted);
        let candidates = named
            .map(|product| (product.id.clone(), format!("of account {}", product.relationships.owner.id), product));
        the_only_one(candidates.collect(), "product", wanted, "impstead product list")
    }

    /// Finds a device group, in a product if one is given.
    pub async fn group(&mut self, wanted: &str, product: Option<&str>) -> Result<Entity<DeviceGroup>, Failure> {
        let product = match product {
            Some(product) => Some(self.product(product).await?),
            None => None,
        };
        self.group_in(wanted, product.as_ref()).await
    }

    /// Finds a device group among those of a product, or among all.
    pub async fn group_in(
        &mut self,
        wanted: &str,
        product: Option<&Entity<Product>>,
    ) -> Result<Entity<DeviceGroup>, Failure> {
        if let Some(group) = unless_unknown(self.client.device_groups().get(wanted).await)? {
            return match product {
                Some(product) if group.relationships.product.id != product.id => Err(Failure::new(format!(
                    "the device group {wanted} is not one of the product `{}`",
                    product.attributes.name
                ))
                .hint("Leave out `--product`, or give the group's own.")),
                _ => Ok(group),
            };
        }
        let filter = DeviceGroupFilter { product: product.map(|p| p.id.clone()), ..DeviceGroupFilter::default() };
        let listing = self.client.device_groups().list(&filter);
        let groups = fetch(listing, "device groups", self.context).await?.into_iter();
        let named = groups.filter(|group| group.attributes.name == wanted);
        let mut candidates: Vec<_> =
            named.map(|group| (group.id.clone(), group.relationships.product.id.clone(), group)).collect();
        if candidates.len() > 1 {
            let names = self.product_names().await;
            for (_, note, _) in &mut candidates {
                *note = format!("in product {}", names.get(note).unwrap_or(note));
            }
        }
        the_only_one(candidates, "device group", wanted, "impstead group list")
    }

    /// The names of products by id. Only a help to the reader: without the right to read them, ids must do.
    pub async fn product_names(&mut self) -> HashMap<String, String> {
        let listing = self.client.products().list(&ProductFilter::default());
        let products = fetch(listing, "products", self.context).await.unwrap_or_default();
        products.into_iter().map(|product| (product.id.clone(), product.attributes.name.clone())).collect()
    }

    /// Finds devices by id, MAC address, agent id or name, in the order given and each once.
    pub async fn devices(&mut self, wanted: &[String]) -> Result<Vec<Entity<Device>>, Failure> {
        let mut found: Vec<Entity<Device>> = Vec::new();
        let mut all = None;
        for wanted in wanted {
            let device = match unless_unknown(self.client.devices().get(wanted).await)? {
                Some(device) => device,
                None => self.device_named(wanted, &mut all).await?,
            };
            if found.iter().all(|other| other.id != device.id) {
                found.push(device);
            }
        }
        Ok(found)
    }

    /// Finds a device by name among `all`, which are fetched when first needed.
    async fn device_named(
        &mut self,
        wanted: &str,
        all: &mut Option<Vec<Entity<Device>>>,
    ) -> Result<Entity<Device>, Failure> {
        if all.is_none() {
            let listing = self.client.devices().list(&DeviceFilter::default());
            *all = Some(fetch(listing, "devices", self.context).await?);
        }
        let named = all.iter().flatten().filter(|device| device.attributes.name.as_deref() == Some(wanted));
        let candidates =
            named.map(|device| (device.id.clone(), format!("MAC {}", device.attributes.mac_address), device.clone()));
        the_only_one(candidates.collect(), "device", wanted, "impstead device list")
    }
}

/// A name that cannot be an id, or is none, is looked for among all.
fn unless_unknown<T>(result: Result<T, Error>) -> Result<Option<T>, Failure> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_) | Error::InvalidId(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn the_only_one<T>(candidates: Vec<Candidate<T>>, kind: &str, wanted: &str, list: &str) -> Result<Entity<T>, Failure> {
    // The service may repeat items across pages while a list changes.
    let mut by_id: BTreeMap<String, (String, Entity<T>)> =
        candidates.into_iter().map(|(id, note, entity)| (id, (note, entity))).collect();
    match by_id.len() {
        0 => Err(Failure::new(format!("there is no {kind} `{wanted}`")).hint(format!("`{list}` shows what there is."))),
        1 => Ok(by_id.pop_first().expect("there is one").1.1),
        count => {
            let failure = Failure::new(format!("{count} {kind}s are named `{wanted}`"));
            let failure = by_id.iter().fold(failure, |failure, (id, (note, _))| failure.line(format!("{id}  {note}")));
            Err(failure.hint("Give the id of the one you mean."))
        }
    }
}
