//! The peer: a handler that does nothing but answer.

use crate::site::Running;
use anyhow::{Context, Result};
use axum::{Router, http::HeaderValue, http::header, routing::get};
use std::{
    path::Path,
    process::{Command, Stdio},
};
use tokio::net::TcpListener;

/// Answers `GET` of any path with the same bytes until it is killed.
pub fn serve(body: &Path, media_type: &str) -> Result<()> {
    // For ever, so that a request copies nothing.
    let body: &'static [u8] = std::fs::read(body)?.leak();
    let media_type = HeaderValue::from_str(media_type)?;
    let answer = move || {
        let media_type = media_type.clone();
        async move { ([(header::CONTENT_TYPE, media_type)], body) }
    };
    let router = Router::new().route("/{*path}", get(answer));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

/// Starts a peer in a process of its own.
pub fn start(directory: &Path, body: &[u8], media_type: &str) -> Result<Running> {
    let file = directory.join("bare-body");
    std::fs::write(&file, body)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare").arg("--body").arg(&file).args(["--media-type", media_type]);
    Running::wait_for(command.stdout(Stdio::piped()).spawn()?).context("the bare handler does not start")
}
