//! Requests from programs, and to them.

use crate::world::World;
use platform::{End, Event, HttpAnswer, HttpResponse, Inbound};

fn pairs(list: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    list.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

fn answer(status: i32, body: &str) -> HttpAnswer {
    HttpAnswer {
        status,
        headers: pairs(&[("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2")]),
        body: body.into(),
    }
}

#[test]
fn an_answer_is_given_in_the_end() {
    let mut world = World::new(
        r#"
        local request = http.post("https://a.example/x", { ["Content-Type"] = "text/plain", n = 5, many = ["a", "b"] }, "body");
        server.log(typeof request);
        request.sendasync(function(response) {
            server.log(response.statuscode + " " + response.body + " " + response.headers["content-type"]);
            server.log(response.headers["x-a"].len() + " " + response.rawheaders[0]);
        });
        server.log("sent");
        try { request.sendasync(@(r) null) } catch (e) { server.log(e) }
    "#,
    );
    assert_eq!(world.run().log, ["httprequest", "sent", "request already sent"]);
    let mut headers = world.requests[0].headers.clone();
    headers.sort();
    assert_eq!(headers, pairs(&[("Content-Type", "text/plain"), ("many", "a"), ("many", "b"), ("n", "5")]));
    assert_eq!((&*world.requests[0].method, &*world.requests[0].body), (&b"POST"[..], &b"body"[..]));
    world.log.clear();
    world.answer(answer(200, "fine"));
    assert_eq!(world.log, ["200 fine text/plain", "2 Content-Type: text/plain"]);
}

#[test]
fn a_synchronous_request_stops_everything_else() {
    let mut world = World::new(
        r#"
        imp.wakeup(0, @() server.log("timer"));
        local response = http.get("http://a.example/").sendsync();
        server.log(response.statuscode);
    "#,
    );
    assert!(world.run().log.is_empty());
    assert_eq!(world.answer(answer(204, "")).log, ["204", "timer"]);
}

#[test]
fn bodies_come_in_pieces_and_requests_can_be_given_up() {
    let mut world = World::new(
        r#"
        local request = http.get("http://a.example/", {});
        request.sendasync(@(r) server.log("end " + r.body.len()), @(chunk) server.log("piece " + chunk), NO_TIMEOUT);
        local other = http.request("PATCH", "http://b.example/", {}, blob(2));
        other.sendasync(@(r) server.log("never"));
        other.cancel(); other.cancel();
    "#,
    );
    world.run();
    let id = world.open[0].0;
    assert_eq!((world.open.len(), world.requests.len()), (1, 2));
    world.tell(Event::Chunk { id, bytes: b"abc".to_vec() }).tell(Event::Chunk { id, bytes: b"d".to_vec() });
    world.answer(answer(200, ""));
    assert_eq!(world.log, ["piece abc", "piece d", "end 0"]);
    world.tell(Event::Chunk { id, bytes: b"late".to_vec() });
    assert_eq!(world.log.len(), 3);
}

#[test]
fn wrong_requests_are_answered_by_number() {
    let mut world = World::new(
        r#"
        server.log(http.get("ftp://a.example/").sendsync().statuscode);
        http.get("nothing").sendasync(@(r) server.log("later " + r.statuscode));
        server.log("before");
        try { http.post("http://a.example", {}, {}) } catch (e) { server.log(e) }
        try { http.get("http://a.example", { a = "x\r\nB: c" }) } catch (e) { server.log(e) }
    "#,
    );
    assert_eq!(
        world.run().log,
        [
            "3",
            "before",
            "parameter 3 has an invalid type 'table' ; expected: 'string|blob'",
            "invalid header",
            "later 3"
        ]
    );
}

#[test]
fn requests_cost_credit() {
    let mut world = World::new(
        r#"
        local refused = 0;
        for (local i = 0; i < 45; i++) http.get("http://a.example/").sendasync(@(r) r.statuscode == 429 ? refused++ : 0);
        imp.wakeup(1, @() server.log(refused));
        imp.wakeup(3, function() { server.log(http.get("http://a.example/").sendsync().statuscode) });
    "#,
    );
    assert_eq!(world.run_for(2).log, ["!limit: too many requests", "5"]);
    assert_eq!(world.requests.len(), 40);
    world.run_for(2);
    assert_eq!(world.requests.len(), 41);
}

fn get(id: u32, path: &str, query: &str) -> Event {
    Event::Request {
        id,
        request: Inbound {
            method: b"GET".to_vec(),
            path: path.into(),
            query: query.into(),
            headers: pairs(&[("host", "h"), ("x-b", "1")]),
            body: b"in".to_vec(),
        },
    }
}

#[test]
fn requests_reach_the_handler() {
    let mut world = World::new(
        r#"
        http.onrequest(function(request, response) {
            server.log(request.method + " " + request.path + " " + request.query.a + " " + request.query.b.len() + " [" +
                request.query.c + "] " + request.headers.host + " " + request.body);
            response.header("X-One", "1"); response.header("x-one", "2"); response.header("N", 5);
            response.send(201, "made");
            response.send(200, "again");
        });
    "#,
    );
    world.run().tell(get(7, "/x", "a=1+2%21&b=1&b=2&c"));
    assert_eq!(world.log, ["GET /x 1 2! 2 [] h in", "!ERROR: response already sent"]);
    let response = HttpResponse { status: 201, headers: pairs(&[("x-one", "2"), ("N", "5")]), body: b"made".to_vec() };
    assert_eq!(world.responses, [(7, response)]);
}

#[test]
fn an_answer_can_wait() {
    let mut world = World::new(
        r"
        local waiting = [];
        http.onrequest(function(request, response) { waiting.append(response); imp.wakeup(5, @() response.send(200)) });
    ",
    );
    world.run().tell(get(1, "/", ""));
    assert_eq!(world.agent.open_requests(), [1]);
    assert_eq!(world.run_for(6).responses, [(1, HttpResponse { status: 200, ..HttpResponse::default() })]);
    assert!(world.agent.open_requests().is_empty());
}

#[test]
fn without_a_handler_nothing_is_found() {
    let mut world = World::new("http.onrequest(@(q, r) r.send(200)); http.onrequest(null)");
    assert_eq!(world.run().tell(get(3, "/", "")).responses[0].1.status, 404);
}

#[test]
fn a_handler_that_throws_ends_the_agent() {
    let mut world = World::new("http.onrequest(function(q, r) { throw \"bad\" })");
    world.run().tell(get(3, "/", ""));
    assert_eq!(world.end, Some(End::Failed { request: Some(3) }));
    assert_eq!(world.log[0], "!ERROR: bad");
}
