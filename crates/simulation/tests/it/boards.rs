//! Boards in scenarios: inputs that change, outputs that are watched; and the page that shows it.

use std::fmt::Write as _;
use std::path::Path;

use simulation::{Line, Report, Scenario, Sources, simulate};

fn run(scenario: &str, sources: &Sources, seed: u64) -> (Report, Vec<String>) {
    let mut lines = Vec::new();
    let mut log = |line: &Line| lines.push(line.to_string());
    let report = simulate(&Scenario::parse(scenario).unwrap(), sources, seed, &mut log).unwrap();
    (report, lines)
}

fn sources(device: &str) -> Sources {
    let board = "imp = \"imp004m\"
[signals]
warmth = 20
[pins]
pinA = { analog = \"warmth\" }
pinB = { level = 1 }";
    Sources([("device.nut", device), ("board.toml", board)].map(|(name, text)| (name.into(), text.into())).into())
}

fn of_kind<'l>(lines: &'l [String], kind: &str) -> Vec<&'l str> {
    let kind = format!(" {kind} ");
    lines.iter().filter_map(|line| Some(line.split_once(&kind)?.1)).collect()
}

/// The example, line for line: what is pressed, and how the lights answer.
#[test]
fn lights_answer_buttons() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/button-light/scenario.toml");
    let (scenario, sources) = Scenario::read(&path).unwrap();
    let mut log = String::new();
    let report = simulate(&scenario, &sources, 1, &mut |line| writeln!(log, "{line}").unwrap()).unwrap();
    let golden = include_str!("button-light.txt");
    assert_eq!(log, golden, "the log is:\n{log}");
    let total = &report.total;
    assert_eq!((total.inputs, total.pin_changes, total.uart_bytes), (5, 13, 0));
}

#[test]
fn inputs_come_last_and_go() {
    let device = r#"
        hardware.pinB.configure(DIGITAL_IN, @() server.log("B " + hardware.pinB.read()));
        hardware.pinA.configure(ANALOG_IN);
        hardware.uart1.configure(115200, 8, PARITY_NONE, 1, NO_CTSRTS, @() server.log(hardware.uart1.readstring()));
        function look() { imp.wakeup(10, look); server.log("A " + hardware.pinA.read()); }
        look();
    "#;
    let scenario = r#"
        duration = "55s"
        [[fleet]]
        name = "f"
        count = 1
        board = "board.toml"
        device = "device.nut"
        [[fleet.input]]
        at = "12s"
        every = "20s"
        lasts = "5s"
        pins = { pinB = { level = 0 } }
        uarts = { uart1 = "hello" }
        [[fleet.input]]
        at = "15s"
        signals = { warmth = 30 }
        [[fleet.input]]
        at = "45s"
        leave = ["warmth"]
    "#;
    let (report, lines) = run(scenario, &sources(device), 1);
    // Bytes arrive one by one.
    let said = of_kind(&lines, "server.log").join(" ").replace("h e l l o", "hello");
    let expected = "A 20 A 20 B 0 hello B 1 A 30 A 30 B 0 hello B 1 A 30 A 20 B 0 hello";
    assert_eq!(said, expected);
    assert_eq!(of_kind(&lines, "input")[..4], ["pinB 0", "uart1 \"hello\"", "warmth 30", "pinB left to the board"]);
    assert_eq!((report.total.inputs, report.total.errors), (10, 0));
}

#[test]
fn the_end_of_an_input_leaves_what_was_set_after_it() {
    let scenario = r#"
        duration = "100s"
        [[fleet]]
        name = "f"
        count = 1
        board = "board.toml"
        device = "device.nut"
        [[fleet.input]]
        at = "10s"
        lasts = "30s"
        pins = { pinA = { counts = 5 }, pinB = { level = 0 } }
        signals = { warmth = 1 }
        [[fleet.input]]
        at = "20s"
        pins = { pinA = { counts = 7 } }
        [[fleet.input]]
        at = "30s"
        leave = ["warmth"]
        [[fleet.input]]
        at = "60s"
        every = "10s"
        lasts = "15s"
        signals = { warmth = 2 }
    "#;
    let lines = run(scenario, &sources("server.log(1)"), 1).1;
    let expected = [
        "pinA 5 counts",
        "pinB 0",
        "warmth 1",
        "pinA 7 counts",
        "warmth left to the board",
        "pinB left to the board",
        "warmth 2",
        "warmth 2",
        "warmth 2",
        "warmth 2",
        "warmth 2",
    ];
    assert_eq!(of_kind(&lines, "input"), expected);
}

#[test]
fn inputs_outlast_the_power_of_some_imps_that_are_drawn() {
    let device = "hardware.pinB.configure(DIGITAL_IN); server.log(hardware.pinB.read())";
    let scenario = r#"
        duration = "3h"
        [power]
        cuts_per_day = 100
        [[fleet]]
        name = "f"
        count = 40
        board = "board.toml"
        device = "device.nut"
        [[fleet.input]]
        at = "1h"
        share = 0.25
        pins = { pinB = { level = 0 } }
    "#;
    let (report, lines) = run(scenario, &sources(device), 3);
    assert!((4..=16).contains(&report.total.inputs), "{:?}", report.total);
    let set: Vec<&str> = lines.iter().filter(|line| line.contains(" input ")).map(|line| device_of(line)).collect();
    let first = lines.iter().position(|line| line.contains(" input ")).unwrap();
    let later = lines[first..].iter().filter(|line| line.contains(" server.log "));
    let (with, without): (Vec<&String>, Vec<&String>) = later.partition(|line| set.contains(&device_of(line)));
    assert!(!with.is_empty() && with.iter().all(|line| line.ends_with(" 0")), "{with:?}");
    assert!(!without.is_empty() && without.iter().all(|line| line.ends_with(" 1")), "{without:?}");
    assert_eq!(run(scenario, &sources(device), 3).0, report);
}

fn device_of(line: &str) -> &str {
    line.split(' ').nth(1).unwrap()
}

#[test]
fn outputs_are_told_where_they_are_watched() {
    let device = r#"
        hardware.pinC.configure(DIGITAL_OUT, 0);
        hardware.pinD.configure(PWM_OUT, 0.01, 0.0);
        hardware.uart1.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS);
        function flash() {
            imp.wakeup(1, flash);
            hardware.pinC.write(1);
            hardware.pinC.write(1);
            hardware.pinC.write(0);
            hardware.pinD.write(0.5);
        }
        imp.wakeup(1, flash);
        hardware.uart1.write("AT\r");
    "#;
    let scenario = |watch: &str| {
        format!(
            "duration = \"30s\"\n[[fleet]]\nname = \"f\"\ncount = 1\ndevice = \"device.nut\"\nboard = \"board.toml\"\nwatch = {watch}"
        )
    };
    let (report, lines) = run(&scenario("[\"all\"]"), &sources(device), 1);
    let told = of_kind(&lines, "output");
    assert_eq!(
        told[..6],
        ["pinC 0", "pinD duty 0 of 0.01 s", "uart1 \"AT\\r\"", "pinC 1", "pinC 0", "pinD duty 0.5 of 0.01 s"]
    );
    assert_eq!(report.total.uart_bytes, 3);
    assert_eq!(usize::try_from(report.total.pin_changes).unwrap(), told.len() - 1);
    let (some, lines) = run(&scenario("[\"uart1\"]"), &sources(device), 1);
    assert_eq!(of_kind(&lines, "output"), ["uart1 \"AT\\r\""]);
    assert_eq!((some.total.pin_changes, some.total.uart_bytes), (0, 3));
    let (none, lines) = run(&scenario("[]"), &sources(device), 1);
    assert!(of_kind(&lines, "output").is_empty() && none.total.uart_bytes == 0);
}

#[test]
fn a_scenario_says_which_inputs_and_outputs_there_are_not() {
    let error = |fleet: &str| {
        let text = format!("duration = \"1m\"\n[[fleet]]\nname = \"f\"\ncount = 1\nboard = \"board.toml\"\n{fleet}");
        let scenario = Scenario::parse(&text).map_err(|error| error.to_string())?;
        simulate(&scenario, &sources(""), 1, &mut |_| ()).map(|_| ()).map_err(|error| error.to_string())
    };
    let input = |what: &str| error(&format!("[[fleet.input]]\nat = \"1s\"\n{what}")).unwrap_err();
    assert_eq!(input(""), "an input of the fleet \"f\" has nothing to do: give pins, signals, uarts or leave");
    assert!(input("pins = { pin0 = { level = 1 } }").contains("there is no `pin0`; pins are pin1"));
    assert!(input("pins = { pin1 = { level = 2 } }").ends_with("a level is 0 or 1"));
    assert_eq!(input("signals = { cold = 1 }"), "the board of the fleet \"f\" has no pin or signal \"cold\"");
    assert_eq!(input("leave = [\"cold\"]"), "the board of the fleet \"f\" has no pin or signal \"cold\"");
    assert!(input("leave = [\"pin1\"]\nshare = 2").contains("not between 0 and 1"));
    assert!(input("leave = [\"pin1\"]\nshare = 1\nimps = 1").contains("leave one out"));
    assert_eq!(error("watch = [\"strip\"]").unwrap_err(), "the board of the fleet \"f\" has no output \"strip\"");
    assert_eq!(error("watch = [\"pin1\", \"all\"]"), Ok(()));
    // Nothing in a simulation reaches what is real.
    let mut sources = sources("");
    let real = "imp = \"imp001\"\n[linux.i2c]\ni2c89 = \"/dev/i2c-1\"";
    sources.0.insert("board.toml".into(), real.into());
    let scenario = "duration = \"1m\"\n[[fleet]]\nname = \"f\"\ncount = 1\nboard = \"board.toml\"";
    let refused = simulate(&Scenario::parse(scenario).unwrap(), &sources, 1, &mut |_| ()).unwrap_err().to_string();
    assert!(refused.starts_with("board.toml: line 2, column 2: `[linux]` maps real pins"), "{refused}");
}

#[test]
fn the_example_of_the_page_is_a_scenario() {
    let page = include_str!("../../../../docs/simulation.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let scenario = Scenario::parse(example).unwrap();
    let input = &scenario.fleet[0].input[0];
    assert_eq!((input.pins.len(), input.signals.len(), input.uarts.len(), input.leave.len()), (2, 1, 1, 2));
}

/// A browser is not the only one who can read it: it is XML, each plot has a name and a description, and nothing is fetched.
#[test]
fn the_page_stands_alone_and_is_the_same_each_time() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/button-light/scenario.toml");
    let (scenario, sources) = Scenario::read(&path).unwrap();
    let page = || simulate(&scenario, &sources, 1, &mut |_| ()).unwrap().page();
    let text = page();
    assert_eq!(text, page());
    let body = text.strip_prefix("<!DOCTYPE html>").unwrap();
    let document = roxmltree::Document::parse(body).unwrap();
    let with = |tag: &'static str| document.descendants().filter(move |node| node.tag_name().name() == tag);
    let (plots, rows) = (with("svg").count(), with("figure").count());
    assert!(plots > 5 && plots == rows, "{plots} plots in {rows} figures");
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    for plot in with("svg") {
        assert_eq!(plot.attribute("role"), Some("img"));
        let labels = [plot.attribute("aria-labelledby").unwrap(), plot.attribute("aria-describedby").unwrap()];
        assert!(labels.iter().all(|label| ids.contains(label)), "{labels:?}");
        assert!(
            plot.descendants().any(
                |node| node.tag_name().name() == "text" && node.text().is_some_and(|text| text.trim() == "seconds")
            )
        );
    }
    assert_eq!(with("script").count() + with("img").count() + with("link").count() + with("a").count(), 0);
    assert!(!text.contains("url(") && !text.contains("@import"));
    assert!(text.len() < 200_000, "{}", text.len());
}
