//! Fleets in virtual time.

mod boards;

use simulation::{Line, Report, Scenario, Sources, simulate};

const AGENT: &str = r#"
    local kept = server.load();
    if (!("n" in kept)) kept.n <- 0;
    device.on("reading", function(reading) {
        kept.n++;
        server.save(kept);
        device.send("limit", kept.n);
    });
    http.onrequest(@(request, response) response.send(200, kept.n.tostring()));
    server.log("agent of " + __EI.DEVICEGROUP_NAME + " with " + kept.n);
"#;

const DEVICE: &str = r#"
    agent.on("limit", @(limit) null);
    function measure() {
        agent.send("reading", { celsius = 20 + math.rand() % 10 });
        server.log("measured " + time());
        imp.wakeup(60, measure);
    }
    measure();
"#;

fn run(scenario: &str, seed: u64) -> (Report, Vec<Line>) {
    let scenario = Scenario::parse(scenario).unwrap();
    let mut sources = Sources::default();
    let files = [
        ("agent.nut", AGENT),
        ("device.nut", DEVICE),
        ("newer.nut", "server.log(\"newer\")"),
        ("crash.nut", "server.log(\"up\"); imp.wakeup(1, function() { throw \"oh\" })"),
        ("busy.nut", "imp.wakeup(5, @() server.log(\"never\")); while (true) {}"),
        (
            "sleepy.nut",
            "if (!(\"nv\" in getroottable())) nv <- { n = 0 }; nv.n++; server.log(nv.n); imp.onidle(@() server.sleepfor(600))",
        ),
        (
            "pressure.nut",
            "hardware.i2c89.configure(CLOCK_SPEED_400_KHZ); server.log(imp.info().type + \" \" + (hardware.i2c89.read(0xB8, \"\\x0F\", 1)[0] & 0xFF))",
        ),
        ("board.toml", "imp = \"imp003\""),
        (
            "counter.nut",
            "hardware.spiflash.enable(); local n = 0; while (hardware.spiflash.read(n, 1)[0] == 0) n++; hardware.spiflash.write(n, blob(1)); server.log(n + 1)",
        ),
        (
            "asking.nut",
            "http.get(\"https://api.example/x\").sendasync(@(answer) server.log(answer.statuscode + \" \" + answer.body));\n\
             http.get(\"https://nowhere.example/\").sendasync(@(answer) server.log(answer.statuscode));\n\
             http.get(http.agenturl() + \"/me?a=1\").sendasync(@(answer) server.log(answer.body));\n\
             http.onrequest(@(request, response) response.send(200, request.path + request.query.a));",
        ),
    ];
    for (name, source) in files {
        sources.0.insert(name.into(), source.as_bytes().to_vec());
    }
    let mut lines = Vec::new();
    let report = simulate(&scenario, &sources, seed, &mut |line| lines.push(line.clone())).unwrap();
    (report, lines)
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|Line { kind, text, .. }| format!("{kind} {text}")).collect()
}

#[test]
fn a_fleet_measures_and_answers() {
    let scenario = r#"
        duration = "1h"
        [[fleet]]
        name = "soil"
        count = 10
        agent = "agent.nut"
        device = "device.nut"
        starts_over = "1m"
        [[visit]]
        fleet = "soil"
        at = "30m"
    "#;
    let (report, lines) = run(scenario, 1);
    assert_eq!((report.devices, report.connected), (10, 10));
    let total = &report.total;
    assert_eq!((total.boots, total.connections, total.disconnections, total.agent_starts), (10, 10, 0, 10));
    assert_eq!(total.messages_up, total.messages_down);
    assert!((590..=600).contains(&total.messages_up), "{total:?}");
    assert_eq!((total.visits, total.visits_answered, total.errors), (10, 10, 0));
    assert_eq!(texts(&lines[..2]), ["status Agent restarted: reload.", "agent.log agent of soil with 0"]);
    let (text, csv) = (report.text(), report.csv());
    assert!(text.contains("messages_up") && text.contains(&report.digest), "{text}");
    assert_eq!(csv.lines().count(), report.over_time.len() + 1);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_others() {
    let scenario = r#"
        duration = "12h"
        clock_drift_ppm = 100
        [network]
        delay_ms = [10, 400]
        loss = 0.0005
        outages_per_day = 6
        [power]
        cuts_per_day = 3
        [[fleet]]
        name = "soil"
        count = 5
        agent = "agent.nut"
        device = "device.nut"
    "#;
    let (first, lines) = run(scenario, 7);
    assert_eq!(run(scenario, 7), (first.clone(), lines));
    assert_ne!(run(scenario, 8).0.digest, first.digest);
    let total = &first.total;
    assert!(total.boots > 5 && total.disconnections > 5 && total.losses > 0, "{total:?}");
    assert!(total.messages_up > 2500, "{total:?}");
    assert_eq!(total.errors, 0);
}

#[test]
fn saved_data_outlive_a_deployment_and_devices_take_it_up() {
    let scenario = r#"
        duration = "10m"
        [[fleet]]
        name = "soil"
        count = 1
        agent = "agent.nut"
        device = "device.nut"
        [[fleet.deploy]]
        at = "5m"
        device = "newer.nut"
    "#;
    let (report, lines) = run(scenario, 1);
    assert_eq!(report.total.starts, 2);
    let texts = texts(&lines);
    let at = texts.iter().position(|line| line == "agent.log agent of soil with 5").expect("it goes on counting");
    assert_eq!(texts[at + 1..], ["status Downloading new code; 0.00% program storage used", "server.log newer"]);
}

#[test]
fn crashes_sleep_and_endless_loops_take_their_time() {
    let scenario = |device: &str, duration: &str| {
        format!(
            "duration = \"{duration}\"\n[[fleet]]\nname = \"f\"\nimp_type = \"imp003\"\ncount = 1\ndevice = \"{device}\""
        )
    };
    let (report, _) = run(&scenario("crash.nut", "10m"), 1);
    assert!((8..=16).contains(&report.total.starts), "{:?}", report.total);
    let (report, lines) = run(&scenario("sleepy.nut", "1h"), 1);
    assert_eq!(report.total.connections, 6, "{lines:#?}");
    assert!(texts(&lines).contains(&"server.log 6".to_owned()));
    let (report, lines) = run(&scenario("busy.nut", "10s"), 1);
    assert_eq!(report.total.lines, 3, "{lines:?}");
}

#[test]
fn agents_ask_servers_and_each_other() {
    let scenario = r#"
        duration = "1m"
        [[fleet]]
        name = "f"
        count = 1
        agent = "asking.nut"
        [[server]]
        url = "https://api.example/"
        status = 201
        body = "made"
    "#;
    let (report, lines) = run(scenario, 1);
    let mut said: Vec<String> = texts(&lines).into_iter().filter(|line| line.starts_with("agent.log")).collect();
    said.sort();
    assert_eq!(said, ["agent.log /me1", "agent.log 201 made", "agent.log 6"]);
    assert_eq!(report.total.requests, 3);
}

#[test]
fn a_scenario_says_what_is_wrong_with_it_and_where() {
    let error = |text: &str| Scenario::parse(text).unwrap_err().to_string();
    assert!(error("duration = \"1h\"\nfleets = 1").starts_with("line 2, column 1: unknown field `fleets`"));
    assert!(error("duration = \"1 hour\"").contains("write a number and ms, s, m, h or d"));
    assert!(error("duration = \"1h\"\nfleet = []").contains("there is no [[fleet]]"));
    let fleet = "duration = \"1h\"\n[[fleet]]\nname = \"a\"\ncount = 1\n";
    assert!(error(&format!("{fleet}[[visit]]\nfleet = \"b\"")).contains("the fleet \"b\", which there is not"));
    assert!(error(&format!("{fleet}[network]\ndelay_ms = [5, 1]")).contains("network.delay_ms is [least, most]"));
    assert!(error(&format!("{fleet}variables = {{ A = [1] }}")).contains("variable A"));
}

#[test]
fn imps_have_boards() {
    let fleet = |board: &str, device: &str| {
        format!(
            "duration = \"1h\"\n[power]\ncuts_per_day = 200\n[[fleet]]\nname = \"soil\"\ncount = 1\nboard = \"{board}\"\ndevice = \"{device}\""
        )
    };
    // A ready one; the world goes on while the imp has no power.
    let (_, lines) = run(&fleet("environment", "pressure.nut"), 1);
    let texts = texts(&lines);
    let read: Vec<&String> = texts.iter().filter(|text| text.starts_with("server.log imp001")).collect();
    assert!(read.len() > 1, "{texts:?}");
    assert!(read.iter().all(|text| *text == "server.log imp001 177"), "{read:?}");
    // One of a file, whose flash outlasts power cuts.
    let (report, lines) = run(&fleet("board.toml", "counter.nut"), 1);
    assert!(report.total.boots > 2);
    let counted: Vec<String> =
        lines.iter().filter(|line| line.kind == "server.log").map(|line| line.text.clone()).collect();
    assert!(counted.len() > 2, "{counted:?}");
    assert_eq!(counted, (1..=counted.len()).map(|number| number.to_string()).collect::<Vec<_>>());
    // None, or one with a mistake.
    let sources = Sources::default();
    let error = |text: &str| {
        let scenario = Scenario::parse(text).map_err(|error| error.to_string())?;
        simulate(&scenario, &sources, 1, &mut |_| ()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(error(&fleet("none.toml", "counter.nut")).unwrap_err().starts_with("none.toml: line 1"));
    let both = fleet("bare", "counter.nut") + "\nimp_type = \"imp001\"";
    assert_eq!(
        error(&both).unwrap_err(),
        "the board of the fleet \"soil\" says the type of its imps: leave out imp_type"
    );
}
