//! Virtual imps: devices that are programs and live in the server.

use crate::{
    Client, Entity, Error, Impstead, Listing, LogOptions,
    logs::follow::{Attempts, Connection},
    resources::Draft,
    transport::Request,
};
use impstead_wire::{VirtualImp, VirtualImpOutput, VirtualImpSight};
use reqwest::{Method, Url};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// A virtual imp to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewVirtualImp<'a> {
    /// The device's name.
    pub name: Option<&'a str>,
    /// Which imp it is; what the board says, or an imp006 by default.
    pub imp_type: Option<&'a str>,
    /// Its board: the name of one that is ready, or the text of one.
    pub board: Option<&'a str>,
}

/// What is seen of a virtual imp's outputs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum VirtualImpEvent {
    /// All that there is to see, at the beginning and again after each interruption; nothing while it has no power.
    Outputs(BTreeMap<String, VirtualImpOutput>),
    /// Something has changed.
    Changed(VirtualImpSight),
    /// So many changes are left out, which came too fast.
    Skipped(u64),
    /// The connection is lost, for this reason. Another is being made; [`Outputs`](Self::Outputs) tells that it is there.
    Interrupted(Error),
}

/// Watches the outputs of a virtual imp.
pub struct VirtualImpWatch {
    client: Client,
    url: Url,
    options: LogOptions,
    connection: Option<Connection>,
    attempts: Attempts,
}

impl fmt::Debug for VirtualImpWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VirtualImpWatch")
    }
}

#[derive(Deserialize)]
struct Skipped {
    count: u64,
}

impl VirtualImpWatch {
    /// Waits for the next event, and connects again if need be.
    ///
    /// # Errors
    /// What another attempt to connect would not mend, such as that there is no such virtual imp any more.
    pub async fn next(&mut self) -> Result<VirtualImpEvent, Error> {
        loop {
            let Some(connection) = &mut self.connection else {
                self.attempts.wait(&self.options).await;
                if let Err(error) = self.connect().await {
                    self.attempts.failed(error)?;
                }
                continue;
            };
            let mut last_heard = self.client.now();
            let event = match connection.event(self.options.silence, &self.client, &mut last_heard).await {
                Ok(event) => event,
                Err(error) => {
                    self.attempts.lost(connection, &self.options);
                    self.connection = None;
                    return Ok(VirtualImpEvent::Interrupted(error));
                }
            };
            return Ok(match event.name.as_str() {
                "outputs" => VirtualImpEvent::Outputs(connection.decode(&event)?),
                "output" => VirtualImpEvent::Changed(connection.decode(&event)?),
                "skipped" => VirtualImpEvent::Skipped(connection.decode::<Skipped>(&event)?.count),
                // A later version may have more.
                _ => continue,
            });
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let request = Request::new(Method::GET, self.url.clone()).streams();
        self.connection = Some(Connection::new(self.client.execute(request).await?)?);
        Ok(())
    }
}

/// `/impstead/v1/virtual_imps`
impl Impstead<'_> {
    /// Lists the virtual imps of the caller's account.
    pub fn virtual_imps(self) -> Listing<VirtualImp> {
        Listing::new(self.0, self.url(&["virtual_imps"]))
    }

    /// Fetches a virtual imp, by device id, MAC address or agent id.
    pub async fn virtual_imp(self, device: &str) -> Result<Entity<VirtualImp>, Error> {
        self.0.get(self.url(&["virtual_imps", device])?).await
    }

    /// Makes a virtual imp, and with it a device, and gives it power.
    pub async fn create_virtual_imp(self, new: &NewVirtualImp<'_>) -> Result<Entity<VirtualImp>, Error> {
        let NewVirtualImp { name, imp_type, board } = *new;
        let document = Draft::default()
            .attribute("name", name)
            .attribute("imp_type", imp_type)
            .attribute("board", board)
            .document("virtual_imp", None);
        self.0.write(Method::POST, self.url(&["virtual_imps"])?, &document).await
    }

    /// Puts a virtual imp on another board: one that is ready by its name, or one by its text. It boots there.
    pub async fn set_virtual_imp_board(self, device: &str, board: &str) -> Result<Entity<VirtualImp>, Error> {
        self.change_virtual_imp(device, Draft::default().attribute("board", Some(board))).await
    }

    /// Does something to a virtual imp from outside: names of pins, of the board's signals or `link`, and values.
    pub async fn set_virtual_imp_inputs(
        self,
        device: &str,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Entity<VirtualImp>, Error> {
        self.change_virtual_imp(device, Draft::default().attribute("inputs", Some(inputs))).await
    }

    async fn change_virtual_imp(self, device: &str, draft: Draft) -> Result<Entity<VirtualImp>, Error> {
        let document = draft.document("virtual_imp", None);
        self.0.write(Method::PATCH, self.url(&["virtual_imps", device])?, &document).await
    }

    /// Watches the outputs of a virtual imp; `options` say how persistently.
    ///
    /// # Errors
    /// Those of any request, among them [`Error::NotFound`] where there is no such virtual imp.
    pub async fn watch_virtual_imp(self, device: &str, options: &LogOptions) -> Result<VirtualImpWatch, Error> {
        let mut watch = VirtualImpWatch {
            client: self.0.clone(),
            url: self.url(&["virtual_imps", device])?,
            options: options.clone(),
            connection: None,
            attempts: Attempts::default(),
        };
        watch.connect().await?;
        Ok(watch)
    }

    /// Gives a virtual imp power.
    pub async fn start_virtual_imp(self, device: &str) -> Result<Entity<VirtualImp>, Error> {
        self.power_virtual_imp(device, "start").await
    }

    /// Takes a virtual imp's power away.
    pub async fn stop_virtual_imp(self, device: &str) -> Result<Entity<VirtualImp>, Error> {
        self.power_virtual_imp(device, "stop").await
    }

    async fn power_virtual_imp(self, device: &str, how: &str) -> Result<Entity<VirtualImp>, Error> {
        let request = Request::new(Method::POST, self.url(&["virtual_imps", device, how])?);
        Entity::from_answer(&self.0.execute(request).await?)
    }

    /// Deletes a virtual imp and its device, which must be unassigned.
    pub async fn delete_virtual_imp(self, device: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.url(&["virtual_imps", device])?).await
    }
}
