use crate::scripted::{Received, Reply};
use crate::service::{account, not_found, one, password_tokens, tokens};
use crate::world::World;
use insta::assert_snapshot;
use serde_json::json;
use std::fs;

fn service(request: &Received) -> Reply {
    match (request.line().as_str(), request.body.as_str(), request.header("x-electricimp-otp-token")) {
        ("POST /v5/auth", r#"{"id":"grower","password":"correct horse"}"#, _)
        | ("POST /v5/auth", r#"{"login_token":"f2c1"}"#, "123456") => password_tokens(),
        ("POST /v5/auth", r#"{"id":"careful","password":"correct horse"}"#, _) => {
            let error = json!({ "id": "e", "status": "403", "code": "PX200", "title": "One-Time Password Required",
                "detail": "", "meta": { "login_token": "f2c1", "expires_at": "2026-03-02T09:20:04.221Z" } });
            Reply::new(403, json!({ "errors": [error] }).to_string())
        }
        ("POST /v5/auth", ..) => Reply::error(401, "PX100", "Invalid Credentials", "Wrong user or password."),
        ("POST /v5/auth/token", r#"{"key":"9a3f0c77e1b2d458"}"#, _) => tokens(),
        ("GET /v5/accounts/me", ..) => one(account()),
        ("DELETE /impstead/v1/accounts/me/sessions/s2", ..) => Reply::new(204, ""),
        _ => not_found(),
    }
}

fn world() -> World {
    let mut world = World::new(service);
    world.stdin = "correct horse\n".into();
    world
}

fn login(world: &World, more: &[&str]) -> String {
    let url = world.server.url();
    world.run(&[&["login", "--endpoint", &url], more].concat())
}

#[test]
fn with_a_password_from_standard_input() {
    let world = world();
    assert_snapshot!(login(&world, &["--user", "grower", "--password-stdin"]));
    assert_snapshot!(
        "settings",
        fs::read_to_string(world.config("profiles/default/settings.json"))
            .unwrap()
            .replace(&world.server.url(), "http://server")
    );
    assert_snapshot!("whoami", world.run(&["whoami"]));
    assert_snapshot!("whoami_json", world.run(&["whoami", "--json"]));
}

#[cfg(unix)]
#[test]
fn tokens_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = world();
    login(&world, &["--user", "grower", "--password-stdin"]);
    for (path, mode) in [("profiles/default/tokens.json", 0o600), ("profiles/default", 0o700)] {
        assert_eq!(fs::metadata(world.config(path)).unwrap().permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn asks_on_a_terminal() {
    let mut world = world().on_terminal(80);
    world.environment.no_color = true;
    world.answers = vec!["careful".into(), "correct horse".into(), "123456".into()];
    assert_snapshot!(login(&world, &[]));
    // The profile remembers the endpoint and the user.
    world.answers = vec!["correct horse".into()];
    assert_snapshot!("asks_for_less_again", world.run(&["login", "--otp", "123456"]));
}

#[test]
fn does_not_ask_elsewhere() {
    let world = world();
    assert_snapshot!("no_endpoint", world.run(&["login"]));
    assert_snapshot!("no_user", login(&world, &["--password-stdin"]));
    assert_snapshot!("no_password", login(&world, &["--user", "grower"]));
    assert_snapshot!("no_otp", login(&world, &["--user", "careful", "--password-stdin"]));
    assert_snapshot!("two_ways", login(&world, &["--user", "grower", "--login-key", "k"]));
    assert!(!world.config("profiles").exists(), "nothing is kept of a sign-in that failed");
}

#[test]
fn wrong_secrets() {
    let mut world = world();
    assert_snapshot!("wrong_otp", login(&world, &["--user", "careful", "--password-stdin", "--otp", "000000"]));
    assert_snapshot!("wrong_login_key", login(&world, &["--login-key", "unknown"]));
    world.stdin = "wrong".into();
    assert_snapshot!("wrong_password", login(&world, &["--user", "grower", "--password-stdin"]));
}

#[test]
fn with_a_login_key() {
    let mut world = world();
    assert_snapshot!(login(&world, &["--login-key", "9a3f0c77e1b2d458"]));
    world.stdin = "9a3f0c77e1b2d458\r\n".into();
    assert_snapshot!("login_key_from_standard_input", login(&world, &["--login-key", "-", "--json"]));
    assert_snapshot!("logout_keeps_login_keys", world.run(&["logout"]));
}

#[test]
fn several_profiles() {
    let mut world = world();
    login(&world, &["--user", "grower", "--password-stdin", "--profile", "lab"]);
    assert_snapshot!("another_profile_exists", world.run(&["whoami"]));
    assert_snapshot!("profile_by_option", world.run(&["whoami", "--profile", "lab"]));
    world.environment.profile = Some("lab".into());
    assert_snapshot!("profile_by_environment", world.run(&["whoami"]));
    assert_snapshot!("option_wins", world.run(&["whoami", "--profile", "other"]));
    assert_snapshot!("bad_profile_name", world.run(&["whoami", "--profile", "../x"]));
}

#[test]
fn out_again() {
    let world = world();
    login(&world, &["--user", "grower", "--password-stdin"]);
    assert_snapshot!("logout_without_revocation", world.run(&["logout"]));
    assert_snapshot!("logout_twice", world.run(&["logout"]));
    assert_snapshot!("signed_out", world.run(&["whoami"]));
}

#[test]
fn out_at_the_service_too() {
    let session = |id: &str, current: bool| {
        json!({ "type": "session", "id": id, "attributes": { "current": current,
        "ip_address": null, "user_agent": null, "created_at": "2026-03-02T09:15:04.221Z", "last_used_at": null },
        "relationships": { "owner": { "type": "account", "id": "a1" } } })
    };
    let mut world = World::new(move |request| {
        if request.target.starts_with("/impstead/v1/accounts/me/sessions?") {
            crate::service::page(&[session("s1", false), session("s2", true)], None)
        } else {
            service(request)
        }
    });
    world.stdin = "correct horse".into();
    login(&world, &["--user", "grower", "--password-stdin"]);
    assert_snapshot!("logout_with_revocation", world.run(&["logout"]));
    assert_eq!(world.server.count("DELETE /impstead/v1/accounts/me/sessions/s2"), 1);
}
