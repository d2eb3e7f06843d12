//! Opens a log stream, adds a device, and prints the stream's events until it is closed.
//!
//! `cargo run -p impstead-client --example follow_logs -- ENDPOINT USER PASSWORD DEVICE`

use futures_util::TryStreamExt;
use impstead_client::{Client, LogEvent, LogOptions};
use std::{env, error::Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [endpoint, user, password, device] = <[String; 4]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: follow_logs ENDPOINT USER PASSWORD DEVICE")?;

    let client = Client::builder(endpoint).build()?;
    client.sign_in(&user, &password).await?;

    let mut stream = client.log_streams().open(&LogOptions::default()).await?;
    stream.devices().add(&device).await?;

    while let Some(event) = stream.try_next().await? {
        match event {
            LogEvent::Opened => println!("opened"),
            LogEvent::Subscribed(device) => println!("{device} subscribed"),
            LogEvent::Unsubscribed(device) => println!("{device} unsubscribed"),
            LogEvent::Entry(entry) => println!("{} {} [{}] {}", entry.device_id, entry.ts, entry.kind, entry.msg),
            LogEvent::Interrupted(error) => eprintln!("{error}; connecting again"),
            LogEvent::Gap { since, until } => println!("nothing is known from {since} to {until}"),
            LogEvent::Closed => println!("closed"),
            // Whatever else a later version may tell.
            _ => {}
        }
    }
    Ok(())
}
