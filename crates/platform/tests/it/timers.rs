//! `imp.wakeup`, `imp.cancelwakeup`, `imp.sleep`.

use crate::world::{World, log_of};

#[test]
fn timers_fire_in_their_order() {
    let source = r#"
        foreach (s in [3, 1, 2, 0, 1]) { local seconds = s; imp.wakeup(seconds, function() { server.log(seconds) }) }
        server.log("top");
    "#;
    assert_eq!(log_of(source), ["top", "0", "1", "1", "2", "3"]);
}

#[test]
fn a_timer_of_no_time_fires_after_the_call() {
    let source = r#"
        local n = 0;
        function again() { server.log("begin " + n); if (n++ < 2) imp.wakeup(0, again); server.log("end") }
        again();
    "#;
    assert_eq!(log_of(source), ["begin 0", "end", "begin 1", "end", "begin 2", "end"]);
}

#[test]
fn timers_can_be_cancelled() {
    let source = r#"
        local timer = imp.wakeup(1, @() server.log("no"));
        imp.wakeup(1, @() server.log("named"), "name");
        server.log(typeof timer);
        imp.cancelwakeup(timer); imp.cancelwakeup(timer); imp.cancelwakeup(null);
        imp.cancelwakeup("name");
        try { imp.cancelwakeup("name") } catch (e) { server.log(e) }
        local late = imp.wakeup(1, @() server.log("yes"));
        imp.wakeup(2, function() { imp.cancelwakeup(late); server.log("still here") });
    "#;
    assert_eq!(log_of(source), ["timer", "no such timer in imp.cancelwakeup(timer)", "yes", "still here"]);
}

#[test]
fn sleeping_stops_everything_else() {
    let source = r#"
        local start = time();
        imp.wakeup(1, @() server.log("woken " + (time() - start)));
        imp.sleep(5);
        server.log("slept " + (time() - start));
    "#;
    assert_eq!(log_of(source), ["slept 5", "woken 5"]);
}

#[test]
fn wrong_timers_are_refused() {
    let source = r"
        try { imp.wakeup(-1, @() null) } catch (e) { server.log(e) }
        try { imp.wakeup(1) } catch (e) { server.log(e) }
        try { imp.wakeup(1, 2) } catch (e) { server.log(e) }
        local made = 0; while (imp.wakeup(1000, @() null)) made++;
        server.log(made);
    ";
    assert_eq!(
        World::new(source).run().log,
        [
            "invalid interval in imp.wakeup(interval, callback)",
            "wrong number of parameters",
            "parameter 2 has an invalid type 'integer' ; expected: 'function|function'",
            "!limit: too many timers in imp.wakeup(interval, callback)",
            "4096"
        ]
    );
}
