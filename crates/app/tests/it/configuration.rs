use crate::program::{Server, World, command, path, run};
use impstead_testkit::Backend;

#[test]
fn problems_of_all_sources_come_together_and_nothing_starts() {
    let world = World::new(Backend::Sqlite);
    let file = world.scratch("impstead.toml");
    std::fs::write(&file, "# mine\nrate_limit_bukket = 5\nlog_level = \"loud\"\n").unwrap();
    let data = world.data();
    let output = command(["serve", "--listen", "8080", "--config", path(&file), "--data", path(&data)])
        .env("IMPSTEAD_DATABASE", "postgres://imp:hunter2@db")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("impstead: 4 problems in the configuration\n"), "{stderr}");
    for part in [
        "listen: it is not an address with a port\n      value: 8080\n      from:  the flag --listen\n",
        "impstead.toml, line 2\n      fix:   did you mean rate_limit_bucket?",
        "impstead.toml, line 3\n",
        "value: postgres://imp:***@db\n      from:  the environment variable IMPSTEAD_DATABASE\n",
    ] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    assert!(!stderr.contains("hunter2"), "{stderr}");
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn the_printed_file_is_a_configuration_that_changes_nothing() {
    let world = World::new(Backend::Sqlite);
    let file = world.scratch("impstead.toml");
    std::fs::write(&file, run(&["config"], "").ok()).unwrap();
    let checked = run(&["serve", "--check-config", "--config", path(&file)], "");
    assert_eq!(checked.ok(), "the configuration has no problems\n");
    let in_force = |arguments: &[&str]| run(&[&["serve", "--print-config"], arguments].concat(), "").ok().to_owned();
    assert_eq!(in_force(&["--config", path(&file)]), in_force(&[]));
    assert!(in_force(&["--demo"]).contains("demo = true # the flag --demo\n"));
}

#[tokio::test]
async fn settings_reach_the_server() {
    let world = World::new(Backend::Sqlite);
    let (data, file) = (world.data(), world.scratch("impstead.toml"));
    std::fs::write(&file, "public_url = \"https://imp.example.net\"\nrate_limit_bucket = 3\n").unwrap();
    let log = {
        let server = Server::start(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            path(&data),
            "--config",
            path(&file),
            "--log-format",
            "json",
            "--log-level",
            "warn,impstead::access=info",
        ]);
        let answer = server.client().get("/v5/products").await;
        assert_eq!(answer.header("x-ratelimit-limit"), Some("3"));
        server.stop()
    };
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        assert_eq!(line["target"], "impstead::access", "{line}");
    }
    assert!(log.contains("\"route\":\"/v5/products\""), "{log}");
}

#[test]
fn a_port_in_use_and_a_wrong_certificate_are_named() {
    let world = World::new(Backend::Sqlite);
    let server = world.serve();
    let other = World::new(Backend::Sqlite);
    let data = other.data();
    let outcome = run(&["serve", "--listen", &server.address.to_string(), "--data", path(&data)], "");
    assert!(outcome.fails(1).contains(&format!("cannot listen on {}", server.address)), "{}", outcome.stderr);

    let (cert, key) = (other.scratch("cert.pem"), other.scratch("key.pem"));
    std::fs::write(&cert, "nonsense").unwrap();
    std::fs::write(&key, "nonsense").unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", path(&data)];
    let outcome = run(&[&arguments[..], &["--tls-cert", path(&cert), "--tls-key", path(&key)]].concat(), "");
    assert!(outcome.fails(1).contains("are not a PEM certificate chain"), "{}", outcome.stderr);
}

#[test]
fn usage_errors_end_with_2_and_help_has_examples() {
    assert!(run(&["serve", "--lisen", "x"], "").fails(2).contains("--listen"));
    assert!(run(&["acount"], "").fails(2).contains("account"));
    for arguments in [&["--help"][..], &["serve", "--help"], &["backup", "--help"], &["device", "add", "--help"]] {
        let help = run(arguments, "");
        assert!(help.ok().contains("Examples:"), "{arguments:?}\n{}", help.stdout);
    }
    let version = run(&["--version"], "");
    assert_eq!(version.ok(), concat!("impstead ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_know_the_whole_tree() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell], "");
        for word in ["serve", "rate-limit-bucket", "assign", "rotate-key", "deploy"] {
            assert!(script.ok().contains(word), "{shell}: {word}");
        }
    }
}

/// The certificate in `tls/` is a self-signed one for 127.0.0.1, good for a hundred years.
#[test]
fn the_server_speaks_tls() {
    let world = World::new(Backend::Sqlite);
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls");
    let (cert, key) = (format!("{files}/cert.pem"), format!("{files}/key.pem"));
    let server = world.serve_with(&["--tls-cert", &cert, "--tls-key", &key]);
    let url = format!("https://{}/readyz", server.address);
    let curl = std::process::Command::new("curl").args(["--silent", "--fail", "--cacert", &cert, &url]).output();
    let curl = curl.expect("there is a curl");
    assert!(curl.status.success(), "{curl:?}");
    server.stop();
}
