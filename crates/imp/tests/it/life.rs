//! Boot, code, restart, crash, sleep, offline and reconnect.

use crate::world::World;
use imp::Stored;
use impstead_device_protocol::{Close, CloseReason, Key, RestartReason, ServerFrame, ShutdownReason, Value};

#[test]
fn it_boots_fetches_its_code_and_runs_it() {
    let mut world = World::new(Some("server.log(\"up \" + imp.getmacaddress())"));
    assert_eq!(
        world.run_for(1).take(),
        ["hello POWER_ON", "code INSTALLED 39", "started NEW_SQUIRREL", "up 0c2a69000001"]
    );
    // Kept, it starts at once the next time.
    let mut again = World::with(world.program.as_deref(), world.kept.clone());
    assert_eq!(again.run_for(1).take(), ["hello POWER_ON", "started POWER_ON", "up 0c2a69000001"]);
}

#[test]
fn it_waits_for_code_and_takes_new_code_at_once() {
    let mut world = World::new(None);
    assert_eq!(world.run_for(100).take(), ["hello POWER_ON"]);
    world.deploy("server.log(1); imp.wakeup(5, @() server.log(2))");
    assert_eq!(world.run_for(3).take(), ["code INSTALLED 47", "started NEW_SQUIRREL", "1"]);
    world.deploy("server.log(\"new\")");
    assert_eq!(world.run_for(10).take(), ["code INSTALLED 17", "started NEW_SQUIRREL", "new"]);
    world.deploy(&format!("server.log(1) // {}", "x".repeat(20_000)));
    assert_eq!(world.run_for(1).take(), ["code OUT_OF_SPACE 20017"]);
    world.deploy("this is no program (");
    assert_eq!(world.run_for(1).take(), ["code BAD_PROGRAM 20"]);
    world.say(&ServerFrame::Unload);
    assert_eq!(world.run_for(1).kept, Stored::default());
    assert!(!world.imp.is_running());
}

#[test]
fn restarts_come_from_the_server_and_from_the_program() {
    let mut world = World::new(Some("server.log(hardware_is_there()); function hardware_is_there() { return 1 }"));
    world.program = Some("agent.on(\"again\", @(_) server.restart()); server.log(\"up\")".into());
    world.run_for(1).take();
    world.say(&ServerFrame::Restart(RestartReason::REQUESTED));
    assert_eq!(world.run_for(1).take(), ["started SW_RESTART", "up"]);
    world.message("again", Value::Null);
    assert_eq!(world.run_for(1).take(), ["Restarting"]);
    // The server says nothing.
    assert_eq!(world.run_for(10).take(), ["started SW_RESTART", "up"]);
    world.message("again", Value::Null);
    world.run_for(1).take();
    world.say(&ServerFrame::Restart(RestartReason::PROGRAM));
    assert_eq!(world.run_for(1).take(), ["started SW_RESTART", "up"]);
    world.say(&ServerFrame::Shutdown(ShutdownReason::OTHER));
    assert_eq!(world.run_for(1).take(), ["Restarting"]);
}

#[test]
fn a_shutdown_is_asked_for() {
    let mut world = World::new(Some("server.onshutdown(@(why) server.log(\"asked \" + why))"));
    world.run_for(1).take();
    world.say(&ServerFrame::Shutdown(ShutdownReason::NEWSQUIRREL));
    assert_eq!(world.run_for(20).take(), ["asked 1"]);
}

#[test]
fn crashes_are_told_and_slowed_down() {
    let mut world = World::new(Some("server.log(\"up\");\nlocal t = {};\nt.missing"));
    let crash = ["up", "!ERROR: the index 'missing' does not exist", "!ERROR:   in main device_code:3"];
    let heard = world.run_for(1).take();
    assert_eq!(heard[2..3], ["started NEW_SQUIRREL"]);
    assert_eq!(heard[3..6], crash);
    assert_eq!(heard[6..], ["started SQUIRREL_ERROR"].into_iter().chain(crash).collect::<Vec<_>>());
    let starts = world.run_for(300).take().iter().filter(|line| *line == "started SQUIRREL_ERROR").count();
    assert!((6..=11).contains(&starts), "{starts}");
    // It can be reached between two crashes.
    world.deploy("server.log(\"mended\")");
    assert_eq!(world.run_for(1).take().last().map(String::as_str), Some("mended"));
}

#[test]
fn too_little_memory_and_resets_are_reported() {
    let mut world =
        World::new(Some("local a = []; imp.wakeup(2, function() { while (true) a.append(\"x\" + a.len() + \"y\") })"));
    world.run_for(1).take();
    let heard = world.run_for(3).take();
    assert_eq!(heard[..4], ["!ERROR: out of memory", "[closed]", "hello SW_RESET", "exit 1 out of memory"]);
    let mut world = World::new(Some(
        "if (!imp.getuserconfiguration()) { imp.setuserconfiguration(\"x\"); imp.reset() }\nserver.log(\"up\")",
    ));
    let heard = world.run_for(5).take();
    assert_eq!(heard[3..], ["[closed]", "hello SW_RESET", "exit 16 imp.reset()", "started SW_RESET", "up"]);
}

#[test]
fn it_sleeps_and_wakes_where_nv_is() {
    let source = r#"
        if (!("nv" in getroottable())) nv <- { runs = 0 };
        nv.runs++;
        local before = server.isconnected();
        server.log(nv.runs + " " + before);
        imp.onidle(@() server.sleepfor(600));
    "#;
    let mut world = World::new(Some(source));
    assert_eq!(
        world.run_for(300).take()[2..],
        ["started NEW_SQUIRREL", "1 true", "DEEP_SLEEP 600", "close NORMAL", "[closed]"]
    );
    assert_eq!(world.run_for(600).take(), ["hello TIMER", "2 false", "DEEP_SLEEP 600", "close NORMAL", "[closed]"]);
}

#[test]
fn without_a_server_it_starts_what_it_has() {
    let mut world = World::new(Some("server.log(\"up\"); imp.wakeup(100, @() server.log(\"later\"))"));
    world.run_for(1);
    let mut again = World::with(world.program.as_deref(), world.kept.clone());
    again.is_reachable = false;
    assert!(!again.run_for(9).imp.is_running());
    assert!(again.run_for(2).imp.is_running());
    // It waits to send, and sleeps after a minute; each nine minutes it tries again.
    assert!(!again.run_for(60).imp.is_running());
    again.run_for(600);
    again.is_reachable = true;
    assert_eq!(again.run_for(600).take()[..3], ["hello SNOOZE", "started SNOOZE", "up"]);
}

#[test]
fn a_lost_connection_is_made_again_and_the_program_goes_on() {
    let source = "local n = 0; function tick() { server.log(n++); imp.wakeup(10, tick) } tick()";
    let mut world = World::new(Some(source));
    world.run_for(25).take();
    world.cut();
    world.run_for(20);
    world.is_reachable = true;
    let heard = world.run_for(60).take();
    assert_eq!(heard[..2], ["hello NEW_SQUIRREL", "3"]);
}

#[test]
fn programs_that_want_to_hear_of_it_do() {
    let source = r#"
        server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
        lost <- 0;
        server.onunexpecteddisconnect(function(reason) {
            lost = reason;
            imp.wakeup(600, @() server.connect(@(reason) server.log(lost + " " + reason), 30));
        });
    "#;
    let mut world = World::new(Some(source));
    world.run_for(5).take();
    world.cut();
    world.run_for(300);
    world.is_reachable = true;
    assert_eq!(world.run_for(200).take(), Vec::<String>::new(), "it stays away until it is told to connect");
    assert_eq!(world.run_for(300).take(), ["hello NEW_SQUIRREL", "4 5"]);
}

#[test]
fn acknowledgements_are_waited_for() {
    let source = "server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_FOR_ACK, 10); agent.send(\"a\", 1); agent.send(\"b\", server.log(2))";
    let mut world = World::new(Some(source));
    world.run_for(5);
    assert_eq!(world.take()[2..], ["started NEW_SQUIRREL", "a Int(1)"]);
    world.say(&ServerFrame::Ack(1));
    assert_eq!(world.run_for(5).take(), ["2"]);
    assert_eq!(world.run_for(11).take(), ["b Int(2)"]);
}

#[test]
fn the_environment_is_known_and_libraries_run_first() {
    let library = Value::Array(
        [Value::string("Greet.lib.nut"), Value::string("function greet() { return \"hi \" + __VARS.WHO }")].into(),
    );
    let key = |name: &str| Key::String(name.as_bytes().into());
    let variables = Value::Table([(key("WHO"), Value::string("you"))].into());
    let mut world = World::new(Some("#require \"Greet.lib.nut:1.0.0\"\nserver.log(greet())"));
    world.environment =
        Some(Value::Table([(key("__VARS"), variables), (key("libraries"), Value::Array([library].into()))].into()));
    assert_eq!(world.run_for(1).take().last().map(String::as_str), Some("hi you"));
}

#[test]
fn the_same_seed_gives_the_same_life() {
    let source = "function tick() { server.log(math.rand()); imp.wakeup(7, tick) } tick()";
    let life = || {
        let mut world = World::new(Some(source));
        world.run_for(30);
        world.cut();
        world.run_for(40);
        world.is_reachable = true;
        world.run_for(3600).take()
    };
    let first = life();
    assert!(first.len() > 400, "{}", first.len());
    assert_eq!(life(), first);
}

#[test]
fn a_link_that_is_back_does_not_cut_the_wait_short_that_the_server_asked_for() {
    let mut world = World::new(None);
    assert_eq!(world.run_for(1).take(), ["hello POWER_ON"]);
    let close = |retry_after_s| Close { reason: CloseReason::GOING_AWAY, retry_after_s, text: String::new() };
    world.say(&ServerFrame::Close(close(120)));
    world.run_for(1).take();
    world.imp.try_again(world.now_us);
    assert_eq!(world.run_for(118).take(), [""; 0]);
    assert_eq!(world.run_for(2).take(), ["hello POWER_ON"]);

    // Other waits it does cut short.
    world.cut();
    world.run_for(3600);
    world.is_reachable = true;
    world.imp.try_again(world.now_us);
    assert_eq!(world.run_for(0).take(), ["hello POWER_ON"]);
}
