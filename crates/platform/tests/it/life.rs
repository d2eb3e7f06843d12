//! The life of an agent: its log, its ends, what it keeps.

use crate::world::{World, log_of, surroundings};
use impstead_device_protocol::{Key, Value as Data};
use platform::{End, Event, Progress};
use squirrel::Limits;

#[test]
fn logs_have_the_string_form() {
    let source = r#"
        server.log("a" + 1); server.log(null); server.log(1.5); server.log([1].len());
        class C { function _tostring() { return "I am C" } }
        server.log(C()); server.error("bad"); server.error(C()); print("printed");
    "#;
    assert_eq!(
        log_of(source),
        ["a1", "(null : 0x0)", "1.5", "1", "I am C", "!ERROR: bad", "!ERROR: I am C", "printed"]
    );
}

#[test]
fn an_uncaught_error_is_logged_with_its_frames() {
    let mut world =
        World::new("function loop() {\n  local t = {};\n  return t.foo;\n}\n\nserver.log(\"before\");\nloop();\n");
    assert_eq!(
        world.run().log,
        [
            "before",
            "!ERROR: the index 'foo' does not exist",
            "!ERROR:   in loop agent_code:3",
            "!ERROR:   in main agent_code:7"
        ]
    );
    assert_eq!(world.end, Some(End::Failed { request: None }));
}

#[test]
fn a_handler_hears_of_the_error_before_the_end() {
    let source = r#"
        imp.onunhandledexception(function(error) { server.log("last words: " + error); server.save({ why = error }) });
        imp.wakeup(1, function() { throw "oh no" });
        imp.wakeup(2, function() { server.log("never") });
    "#;
    let mut world = World::new(source);
    world.run_for(10);
    assert_eq!(world.log, ["!ERROR: oh no", "!ERROR:   in unknown agent_code:3", "last words: oh no"]);
    assert_eq!(world.end, Some(End::Failed { request: None }));
    assert!(world.saved.is_some());
}

#[test]
fn restart_does_not_return() {
    let mut world = World::new("server.log(1); server.restart(); server.log(2)");
    assert_eq!(world.run().log, ["1"]);
    assert_eq!(world.end, Some(End::Restart));
}

#[test]
fn a_restart_that_can_wait_is_announced() {
    let mut world = World::new(
        r#"server.onshutdown(function(reason) { server.log("bye " + (reason == SHUTDOWN_NEWSQUIRREL)); server.restart() })"#,
    );
    assert!(world.run().agent.wants_shutdown());
    world.tell(Event::Shutdown(1));
    assert_eq!(world.log, ["bye true"]);
    assert_eq!(world.end, Some(End::Restart));
    let mut world = World::new("server.log(1)");
    assert!(!world.run().agent.wants_shutdown());
    assert_eq!(world.tell(Event::Shutdown(1)).end, Some(End::Restart));
}

#[test]
fn out_of_memory_ends_the_agent() {
    let mut world = World::new("local a = []; while (true) a.append(\"x\" + a.len() + \"y\")");
    assert_eq!(world.run().log, ["!ERROR: out of memory"]);
    assert_eq!(world.end, Some(End::OutOfMemory));
}

#[test]
fn an_endless_loop_takes_slices_only() {
    let mut world = World::new("server.log(1); while (true) {}");
    for _ in 0..100 {
        assert_eq!(world.agent.run(world.now_us, 1000), Progress::More);
    }
}

#[test]
fn what_is_saved_is_loaded() {
    let source = r#"
        local kept = server.load();
        server.log("count " + ("count" in kept ? kept.count : 0));
        kept.count <- ("count" in kept ? kept.count : 0) + 1;
        kept.list <- [1, 2.5, "x", true, null, { a = "b" }];
        server.log(server.save(kept));
        kept.count = 99;
        server.log("again " + server.load().count);
    "#;
    let mut world = World::new(source);
    assert_eq!(world.run().log, ["count 0", "0", "again 1"]);
    let saved = world.saved.clone();
    let mut world = World::with(source, platform::Surroundings { saved, ..surroundings() }, Limits::default());
    assert_eq!(world.run().log, ["count 1", "0", "again 2"]);
    let Some(Data::Table(entries)) = &world.saved else { panic!("{:?}", world.saved) };
    assert!(entries.contains(&(Key::String(b"count".as_slice().into()), Data::Int(2))));
}

#[test]
fn what_cannot_be_saved_is_refused_or_left_out() {
    let source = r"
        try { server.save(5) } catch (e) { server.log(e) }
        try { server.save({ a = array(40000, 12345678) }) } catch (e) { server.log(e) }
        function keep(what) { server.save(what); }
        keep({ a = 1, f = server.log, b = blob(3) });
        server.log(server.load().len());
        server.save({ a = 1, b = blob(3) }, 2);
        server.log(server.load().b.len());
        server.save({}); server.log(server.load().len());
    ";
    assert_eq!(
        log_of(source),
        [
            "table required in server.save(table)",
            "data too large in server.save(table)",
            "!ERROR: skipped unserialisable data",
            "!ERROR:   in keep agent_code:4",
            "!ERROR:   in main agent_code:5",
            "1",
            "3",
            "0"
        ]
    );
}

#[test]
fn the_surroundings_are_those_of_an_agent() {
    let source = r#"
        local root = getroottable();
        foreach (name in ["imp", "server", "http", "device", "crypto", "math", "blob", "hardware", "agent", "httprequest", "timer"])
            server.log(name + " " + (name in root));
        server.log(typeof http + " " + (imp.environment() == ENVIRONMENT_AGENT));
        server.log(imp.configparams.deviceid + " " + ("factory_imp" in imp.configparams));
        server.log(http.agenturl());
        local info = device.info();
        server.log(info.id + " " + info.isconnected + " " + info.ipaddress);
        server.log(imp.getmemoryfree() > 100000);
        server.log(split(imp.getsoftwareversion(), "-").len() > 2);
        server.log(time() + " " + date().year);
        http <- { get = function(url) { return "mine " + url } };
        server.log(http.get("x"));
        local log = server.log; log("detached");
    "#;
    assert_eq!(
        log_of(source),
        [
            "imp true",
            "server true",
            "http true",
            "device true",
            "crypto true",
            "math true",
            "blob true",
            "hardware false",
            "agent false",
            "httprequest false",
            "timer false",
            "meta true",
            "5000d8c46a56cfca false",
            "http://agents.example:4001/dr6l8pJicqAQ",
            "5000d8c46a56cfca true 192.0.2.7",
            "true",
            "true",
            "1764115200 2025",
            "mine x",
            "detached"
        ]
    );
}
