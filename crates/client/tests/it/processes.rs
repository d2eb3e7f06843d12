//! Several processes share one token file.

use crate::fixtures::{account, document, session, tokens};
use crate::scripted::{Reply, Server};
use impstead_client::{Client, FileTokenStore, TokenStore};
use std::{env, process::Command, time::Duration};

const EXCHANGE: &str = "POST /v5/auth/token";
const ROLE: &str = "IMPSTEAD_TEST_TOKEN_FILE";

/// Not a test by itself: what [`one_process_renews_for_all`] runs in each of its processes.
#[tokio::test]
async fn child() {
    let (Ok(path), Ok(url)) = (env::var(ROLE), env::var("IMPSTEAD_TEST_URL")) else { return };
    let client =
        Client::builder(url).clock(crate::fixtures::clock).token_store(FileTokenStore::new(path)).build().unwrap();
    for _ in 0..5 {
        client.accounts().me().await.unwrap();
    }
}

#[test]
fn one_process_renews_for_all() {
    let server = Server::start(|request| match (request.line().as_str(), request.header("authorization")) {
        (EXCHANGE, _) => tokens("good").after(Duration::from_millis(200)),
        (_, "Bearer good") => document(account()),
        _ => Reply::error(401, "PX100", "Invalid Credentials", ""),
    });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens.json");
    FileTokenStore::new(&path).save(Some(&session(&server, 0))).unwrap();
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "processes::child"]).env(ROLE, &path).env("IMPSTEAD_TEST_URL", server.url());
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(server.count(EXCHANGE), 1);
    assert_eq!(server.count("GET /v5/accounts/me"), 30);
    assert_eq!(FileTokenStore::new(&path).load().unwrap().unwrap().access.token.expose(), "good");
}
