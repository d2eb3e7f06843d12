//! Pages through the deployments of a device group, newest first, until there are no more or the reader has enough.
//!
//! `cargo run -p impstead-client --example page_deployments -- ENDPOINT USER PASSWORD GROUP_ID`

use futures_util::TryStreamExt;
use impstead_client::{Client, DeploymentFilter};
use std::{env, error::Error, io};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [endpoint, user, password, group] = <[String; 4]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: page_deployments ENDPOINT USER PASSWORD GROUP_ID")?;

    let client = Client::builder(endpoint).build()?;
    client.sign_in(&user, &password).await?;

    let of_group = DeploymentFilter { device_group: Some(group), ..DeploymentFilter::default() };
    let mut pages = client.deployments().list(&of_group).page_size(10).pages();
    while let Some(page) = pages.try_next().await? {
        for deployment in page.items {
            let attributes = &deployment.attributes;
            println!("{}  {}  {}", attributes.created_at, &attributes.sha, attributes.tags.join(" "));
        }
        println!("-- Enter for more, q to quit --");
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        if line.trim() == "q" {
            break;
        }
    }
    Ok(())
}
