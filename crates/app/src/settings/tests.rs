use super::*;
use std::path::Path;

fn around(variables: &[(&str, &str)], read_file: fn(&str) -> std::io::Result<String>) -> Surroundings {
    let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Surroundings { variables, read_file }
}

fn no_file(_: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::NotFound.into())
}

fn flags(values: &[(&'static str, &str)], config: Option<&str>) -> ServeFlags {
    let values = values.iter().map(|&(name, value)| (name, value.to_owned())).collect();
    ServeFlags(Given { config: config.map(Into::into), values })
}

fn problems(flags: &ServeFlags, around: &Surroundings) -> String {
    of_serve(flags, around).expect_err("there are problems").to_string()
}

#[test]
fn defaults_need_nothing() {
    let (settings, warnings) = of_serve(&flags(&[], None), &around(&[], no_file)).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.data.directory, Path::new("./impstead-data"));
    assert_eq!(settings.data.backups, Path::new("./impstead-data/backups"));
    assert_eq!(settings.data.database, Database::Sqlite);
    let Config {
        public_url,
        agent_url,
        agents,
        rate_limit,
        trusted_proxies,
        access_token_life,
        bind_tokens_to_address,
        public_metrics,
        request_timeout,
        shutdown_grace,
        outbound_allow,
        webhook_limits: _,
        device_heartbeat_s,
        log_limits,
        log_streams_per_account,
        log_stream_devices,
        log_tails_per_account: _,
        log_stream_queue: _,
        log_stream_keep_alive: _,
        log_stream_unopened: _,
        log_stream_life: _,
    } = settings.server_config("127.0.0.1:9000".parse().unwrap(), "127.0.0.1:9001".parse().unwrap());
    let default = Config::default();
    assert_eq!((public_url.as_str(), agent_url.as_str()), ("http://127.0.0.1:9000", "http://127.0.0.1:9001"));
    let admitted = |agents: &AgentConfig| (agents.request_burst, agents.requests_per_s);
    assert_eq!(admitted(&agents), admitted(&default.agents));
    assert_eq!(rate_limit, default.rate_limit);
    assert_eq!(trusted_proxies, default.trusted_proxies);
    assert_eq!(outbound_allow, default.outbound_allow);
    assert_eq!(access_token_life, default.access_token_life);
    assert_eq!(bind_tokens_to_address, default.bind_tokens_to_address);
    assert_eq!(public_metrics, default.public_metrics);
    assert_eq!(request_timeout, default.request_timeout);
    assert_eq!(shutdown_grace, default.shutdown_grace);
    assert_eq!(device_heartbeat_s, default.device_heartbeat_s);
    let kept = |limits: LogLimits| (limits.keep, limits.burst, limits.per_minute);
    assert_eq!(kept(log_limits), kept(default.log_limits));
    assert_eq!(settings.log_age, Duration::from_secs(7 * 86_400), "the contract's seven days");
    assert_eq!(log_streams_per_account, default.log_streams_per_account);
    assert_eq!(log_stream_devices, default.log_stream_devices);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = |_: &str| Ok("rate_limit_bucket = 1\nrate_limit_refill_per_s = 1\nrequest_timeout_s = 1\n".to_owned());
    let around = around(&[("IMPSTEAD_RATE_LIMIT_BUCKET", "2"), ("IMPSTEAD_RATE_LIMIT_REFILL_PER_S", "2.5")], file);
    let flags = flags(&[("rate_limit_bucket", "3")], Some("impstead.toml"));
    let (settings, _) = of_serve(&flags, &around).unwrap();
    assert_eq!(settings.config.rate_limit, RateLimit { bucket: 3, refill_per_s: 2.5 });
    assert_eq!(settings.config.request_timeout, Duration::from_secs(1));
    let in_force = in_force(&flags, &around).unwrap();
    for line in [
        "rate_limit_bucket = 3 # the flag --rate-limit-bucket",
        "rate_limit_refill_per_s = 2.5 # the environment variable IMPSTEAD_RATE_LIMIT_REFILL_PER_S",
        "request_timeout_s = 1 # impstead.toml, line 3",
        "shutdown_grace_s = 10 # the default",
    ] {
        assert!(in_force.lines().any(|found| found == line), "{line}\n{in_force}");
    }
}

#[test]
fn networks_can_be_of_one_account() {
    let given = [("outbound_allow", "10.0.0.0/8, Ann=127.0.0.1, ann=::1"), ("demo", "true")];
    let (settings, _) = of_serve(&flags(&given, None), &around(&[], no_file)).unwrap();
    let Config { agents, outbound_allow, .. } = settings.config;
    let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<ipnet::IpNet>>();
    assert_eq!(outbound_allow, networks(&["10.0.0.0/8"]));
    assert_eq!(agents.outbound_allow["ann"], networks(&["127.0.0.1/32", "::1/128"]));
    assert_eq!(agents.outbound_allow["demo"], networks(&["127.0.0.0/8", "::1/128"]));
    let problem = of_serve(&flags(&[("outbound_allow", "ann=here")], None), &around(&[], no_file)).unwrap_err();
    assert!(problem.to_string().contains("\"here\" is neither a network nor an address"), "{problem}");
}

#[test]
fn devices_agents_and_logs_have_settings() {
    let given = [
        ("device_heartbeat_s", "60"),
        ("log_history_entries", "50"),
        ("log_history_days", "2"),
        ("log_burst", "7"),
        ("log_per_minute", "8"),
        ("agent_request_burst", "9"),
        ("agent_requests_per_s", "0.5"),
        ("log_streams_per_account", "3"),
        ("log_stream_devices", "4"),
    ];
    let (settings, _) = of_serve(&flags(&given, None), &around(&[], no_file)).unwrap();
    let Config { agents, device_heartbeat_s, log_limits, log_streams_per_account, log_stream_devices, .. } =
        settings.config;
    assert_eq!((device_heartbeat_s, settings.log_age), (60, Duration::from_secs(2 * 86_400)));
    assert_eq!((log_limits.keep, log_limits.burst, log_limits.per_minute), (50, 7, 8));
    assert_eq!((log_streams_per_account, log_stream_devices), (3, 4));
    assert_eq!((agents.request_burst, agents.requests_per_s), (9, 0.5));
}

#[test]
fn an_empty_variable_counts_as_none() {
    let around = around(&[("IMPSTEAD_LISTEN", ""), ("IMPSTEAD_CONFIG", "")], no_file);
    assert!(of_serve(&flags(&[], None), &around).is_ok());
}

#[test]
fn all_problems_are_reported_together() {
    let file = |_: &str| {
        Ok("# mine\nlisten = \"nowhere\"\n\nrate_limit_bukket = 5\nrate_limit_bucket = \"40\"\ntls_cert = \"Cargo.toml\"\n\
            public_url = \"ftp://example.com\"\ntrusted_proxies = [\"10.0.0.0/8\", \"me\"]\n"
            .to_owned())
    };
    let around =
        around(&[("IMPSTEAD_DATABASE", "mysql://root:hunter2@db/imp"), ("IMPSTEAD_REQUEST_TIMEOUT_S", "soon")], file);
    let text = problems(&flags(&[("log_format", "xml"), ("log_level", "verbose")], Some("etc/impstead.toml")), &around);
    let expected = "\
10 problems in the configuration

  rate_limit_bucket: it must be a whole number, not text
      from:  etc/impstead.toml, line 5
      fix:   write rate_limit_bucket = 40, without quotes

  rate_limit_bukket: there is no such setting
      from:  etc/impstead.toml, line 4
      fix:   did you mean rate_limit_bucket?

  listen: it is not an address with a port
      value: nowhere
      from:  etc/impstead.toml, line 2
      fix:   write ADDRESS:PORT, for example 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080

  database: it is neither sqlite nor the URL of a PostgreSQL database
      value: mysql://root:***@db/imp
      from:  the environment variable IMPSTEAD_DATABASE
      fix:   write sqlite, or postgres://user:password@host:5432/database

  public_url: its scheme is neither http nor https
      value: ftp://example.com
      from:  etc/impstead.toml, line 7
      fix:   write scheme, host and perhaps a port, for example https://imp.example.com

  trusted_proxies: \"me\" is neither a network nor an address
      value: 10.0.0.0/8,me
      from:  etc/impstead.toml, line 8
      fix:   write networks as 10.0.0.0/8 or 2001:db8::/32, addresses as 127.0.0.1, separated by commas

  request_timeout_s: it is not a whole number
      value: soon
      from:  the environment variable IMPSTEAD_REQUEST_TIMEOUT_S
      fix:   write a whole number from 1 to 86400

  log_format: there is no such format
      value: xml
      from:  the flag --log-format
      fix:   write people or json

  log_level: there is no such level
      value: verbose
      from:  the flag --log-level
      fix:   write error, warn, info, debug, trace or off, and perhaps parts, for example info,impstead::access=off

  tls_cert: it is set and tls_key is not
      value: Cargo.toml
      from:  etc/impstead.toml, line 6
      fix:   set both or neither; the flag is --tls-key";
    assert_eq!(text, expected);
}

#[test]
fn a_broken_file_is_reported_with_its_lines() {
    let file = |_: &str| Ok("listen = \"127.0.0.1:1\"\ndata = \n[server\n".to_owned());
    let text = problems(&flags(&[], Some("impstead.toml")), &around(&[], file));
    assert!(text.contains("impstead.toml, line 2"), "{text}");
    assert!(text.contains("this is not TOML"), "{text}");
    let text = problems(&flags(&[], Some("missing.toml")), &around(&[], no_file));
    assert!(text.contains("config: the file cannot be read"), "{text}");
}

#[test]
fn passwords_are_never_shown() {
    let password = "hunter2";
    for url in [
        "postgres://imp:hunter2@db",
        "postgres://imp:hunter2@db:port/imp",
        "postgres://imp:hunter2@[db/imp",
        "mysql://imp:hunter2@db/imp",
        "postgres://db?user=imp&password=hunter2",
    ] {
        let text = problems(&flags(&[("database", url)], None), &around(&[], no_file));
        assert!(!text.contains(password), "{url}\n{text}");
    }
    for url in ["postgres://imp:hunter2@db/imp", "postgresql://db/imp?user=imp&password=hunter2"] {
        let given = flags(&[("database", url)], None);
        let around = around(&[], no_file);
        let (settings, _) = of_serve(&given, &around).unwrap();
        assert!(!format!("{settings:?} {}", settings.data.database).contains(password), "{url}");
        assert!(!in_force(&given, &around).unwrap().contains(password), "{url}");
        let location = settings.data.location();
        assert!(!format!("{location:?}").contains(password), "{url}");
    }
}

#[test]
fn plain_text_on_the_network_is_warned_of() {
    let warnings = |values: &[(&'static str, &str)]| of_serve(&flags(values, None), &around(&[], no_file)).unwrap().1;
    let open = ("listen", "0.0.0.0:8080");
    let found = warnings(&[open]);
    assert!(found[0].contains("without TLS") && found[1].contains("public_url is not set"), "{found:?}");
    assert!(warnings(&[open, ("public_url", "http://imp.example.com")])[0].contains("without TLS"));
    assert_eq!(warnings(&[open, ("public_url", "https://imp.example.com")]), Vec::<String>::new());
    assert_eq!(warnings(&[("listen", "[::1]:8080")]), Vec::<String>::new());
}

#[test]
fn unknown_variables_are_warned_of() {
    let around = around(&[("IMPSTEAD_LISTN", "127.0.0.1:1"), ("IMPSTEAD_PROFILE", "work"), ("LISTEN", "x")], no_file);
    let (_, warnings) = of_serve(&flags(&[], None), &around).unwrap();
    assert_eq!(
        warnings,
        ["the environment variable IMPSTEAD_LISTN is unknown and ignored: did you mean IMPSTEAD_LISTEN?"]
    );
}

#[test]
fn commands_on_the_data_look_at_their_settings_only() {
    let around = around(&[("IMPSTEAD_LISTEN", "nowhere"), ("IMPSTEAD_DATA", "/srv/imp")], no_file);
    let data = of_data(&DataFlags::default(), &around).unwrap();
    assert_eq!(data.directory, Path::new("/srv/imp"));
    assert!(!data.database_was_chosen);
}

#[test]
fn urls_of_agents_follow_from_the_public_one() {
    for (public, agent) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081"),
        ("https://imp.example.com", "https://imp.example.com:444"),
        ("http://[::1]:65535", "http://[::1]:65534"),
    ] {
        assert_eq!(parse::next_port(public), agent);
    }
}

#[test]
fn texts_become_values() {
    let networks = |text: &str| parse::networks(text).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(networks(""), Vec::<String>::new());
    assert_eq!(networks("10.0.0.0/8, ::1,127.0.0.1"), ["10.0.0.0/8", "::1/128", "127.0.0.1/32"]);
    assert_eq!(parse::base_url("https://imp.example.com/").unwrap(), "https://imp.example.com");
    for wrong in ["imp.example.com", "https://imp.example.com/v5", "https://u:p@imp.example.com", "https://x?y"] {
        assert!(parse::base_url(wrong).is_err(), "{wrong}");
    }
    assert_eq!(parse::address("localhost:80").unwrap().to_string(), "127.0.0.1:80");
    assert_eq!(parse::address(":80").unwrap_err().fix, "write 0.0.0.0:80 for all addresses");
    for right in ["info", "INFO", "info,impstead::access=off", "impstead_store=debug"] {
        assert!(parse::log_level(right).is_ok(), "{right}");
    }
    for wrong in ["verbose", "", "info,x=loud"] {
        assert!(parse::log_level(wrong).is_err(), "{wrong}");
    }
    for wrong in ["0", "-1", "NaN", "inf", "many"] {
        assert!(parse::rate(wrong).is_err(), "{wrong}");
    }
}

/// With `UPDATE_GENERATED=1` in the environment it writes them instead.
#[test]
fn generated_files_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in [
        (root.join("impstead.toml"), reference::write_file()),
        (root.join("../../docs/configuration.md"), reference::write_page()),
    ] {
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, text, "{} is stale: UPDATE_GENERATED=1 cargo test -p impstead writes it", path.display());
    }
}

#[test]
fn the_default_file_changes_nothing_with_or_without_its_marks() {
    assert!(of_serve(&flags(&[], Some("impstead.toml")), &around(&[], |_| Ok(reference::write_file()))).is_ok());
    // Without the marks each line must at least be of the right type; where there are two, the second is an example.
    let mut seen = std::collections::HashSet::new();
    let file = reference::write_file();
    let uncommented: Vec<&str> = file
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with(' ') && !line.is_empty())
        .filter(|line| seen.insert(line.split(' ').next().unwrap().to_owned()))
        .collect();
    let mut found = Vec::new();
    let entries = file::read("impstead.toml", &uncommented.join("\n"), &mut found);
    assert_eq!((found, entries.len()), (Vec::new(), TABLE.len()));
}
