//! Keeps the sign-in in a file: the first run asks for a one-time password if the account has a second factor, later
//! runs need no password at all.
//!
//! `cargo run -p impstead-client --example keep_tokens -- ENDPOINT tokens.json [USER PASSWORD]`

use impstead_client::{Client, Error, FileTokenStore};
use std::{env, io};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [endpoint, file, credentials @ ..] = arguments.as_slice() else {
        return Err("usage: keep_tokens ENDPOINT FILE [USER PASSWORD]".into());
    };
    let client = Client::builder(endpoint).token_store(FileTokenStore::new(file)).build()?;

    if let [user, password] = credentials {
        match client.sign_in(user, password).await {
            Err(Error::OtpRequired(challenge)) => {
                println!("one-time password:");
                let mut otp = String::new();
                io::stdin().read_line(&mut otp)?;
                client.sign_in_with_otp(&challenge, otp.trim()).await?;
            }
            result => result?,
        }
    }

    // The access token in the file is used while it is good, and renewed, also in the file, when it is not.
    match client.accounts().me().await {
        Ok(account) => println!("signed in as {}", account.attributes.username),
        Err(error) if error.needs_sign_in() => return Err("run again with USER PASSWORD".into()),
        Err(error) => return Err(error.into()),
    }
    let session = client.session().await?.ok_or("the file is gone")?;
    println!("the access token is good until {}", session.access.expires_at);
    Ok(())
}
