//! Uploads code from two files to a device group and restarts its devices.
//!
//! `cargo run -p impstead-client --example deploy -- ENDPOINT USER PASSWORD GROUP_ID device.nut agent.nut`

use impstead_client::{Client, Error::Service, NewDeployment};
use std::{env, error::Error, fs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [endpoint, user, password, group, device_file, agent_file] =
        <[String; 6]>::try_from(env::args().skip(1).collect::<Vec<_>>())
            .map_err(|_| "usage: deploy ENDPOINT USER PASSWORD GROUP_ID DEVICE_FILE AGENT_FILE")?;

    let client = Client::builder(endpoint).build()?;
    client.sign_in(&user, &password).await?;

    let group = client.device_groups().get(&group).await?;
    let (device_code, agent_code) = (fs::read_to_string(device_file)?, fs::read_to_string(agent_file)?);

    match client.deployments().create(&NewDeployment::new(group.linkage(), device_code, agent_code)).await {
        Ok(deployment) => println!("deployed {} as {}", deployment.attributes.sha, deployment.id),
        Err(Service(error)) if !error.compile_errors().is_empty() => {
            for place in error.compile_errors() {
                eprintln!("{}:{}:{}: {}", place.file, place.row, place.column, place.text);
            }
            return Err("the code does not compile".into());
        }
        Err(error) => return Err(error.into()),
    }

    // Devices run the new code once they restart.
    client.device_groups().restart(&group.id).await?;
    Ok(())
}
