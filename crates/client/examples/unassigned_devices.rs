//! Lists the devices that are in no device group.
//!
//! `cargo run -p impstead-client --example unassigned_devices -- ENDPOINT USER PASSWORD`

use futures_util::TryStreamExt;
use impstead_client::{Client, DeviceFilter};
use std::{env, error::Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [endpoint, user, password] = <[String; 3]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: unassigned_devices ENDPOINT USER PASSWORD")?;

    let client = Client::builder(endpoint).build()?;
    client.sign_in(&user, &password).await?;

    let mut devices = client.devices().list(&DeviceFilter::unassigned()).stream();
    while let Some(device) = devices.try_next().await? {
        let name = device.attributes.name.as_deref().unwrap_or("(no name)");
        println!("{}  {}  {name}", device.id, device.attributes.mac_address);
    }
    Ok(())
}
