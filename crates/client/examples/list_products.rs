//! Signs in and lists products with their device groups.
//!
//! `cargo run -p impstead-client --example list_products -- ENDPOINT USER PASSWORD`

use futures_util::TryStreamExt;
use impstead_client::{Client, DeviceGroupFilter, ProductFilter};
use std::{env, error::Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [endpoint, user, password] = <[String; 3]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: list_products ENDPOINT USER PASSWORD")?;

    let client = Client::builder(endpoint).build()?;
    client.sign_in(&user, &password).await?;

    // A list is a stream: it fetches the next page when it is needed.
    let mut products = client.products().list(&ProductFilter::default()).stream();
    while let Some(product) = products.try_next().await? {
        println!("{}  {}", product.id, product.attributes.name);

        let of_product = DeviceGroupFilter { product: Some(product.id.clone()), ..DeviceGroupFilter::default() };
        let mut groups = client.device_groups().list(&of_product).stream();
        while let Some(group) = groups.try_next().await? {
            println!("    {}  {} ({})", group.id, group.attributes.name, group.kind);
        }
    }
    Ok(())
}
