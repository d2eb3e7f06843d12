//! `/impstead/v1/accounts/me/password`

use crate::{
    App,
    caller::ConfirmedCaller,
    document::{NoContent, Reply},
    error::not_found,
    shape::{Attribute, Body, Kind, Shape, Write},
};
use axum::extract::State;

pub const SHAPE: Shape = Shape {
    types: &["password"],
    attributes: &[Attribute { name: "password", kind: Kind::Password, write: Write::Required }],
    relationships: &[],
};

/// `PUT /impstead/v1/accounts/me/password`: sets the password and ends all sessions but the caller's.
pub async fn replace(ConfirmedCaller(caller): ConfirmedCaller, State(app): State<App>, body: Body) -> Reply<NoContent> {
    let password = SHAPE.create(&body)?.text("password").unwrap_or_default();
    let hash = app.passwords.hash(&password, &*app.entropy).await?;
    let set = app.store.set_password(caller.account(), hash, Some(&caller.kept()), caller.act(&app)).await?;
    if set { Ok(NoContent) } else { Err(not_found("account")) }
}
