//! Requests whose body the program writes piece by piece.

use crate::world::World;
use platform::{Event, HttpAnswer};

fn answer(status: i32) -> HttpAnswer {
    HttpAnswer { status, ..HttpAnswer::default() }
}

#[test]
fn a_body_is_written_in_pieces() {
    let mut world = World::new(
        r#"
        stream <- http.poststream("http://a.example/x", { a = "b" }, function(response) {
            server.log("answer " + response.statuscode);
            server.log(stream.write("too late"));
        });
        server.log(typeof stream);
        stream.setvalidation(VALIDATE_USING_SYSTEM_CA_CERTS);
        server.log(stream.write("one"));
        server.log(stream.write(blob(2)));
        stream.close();
        stream.close();
        server.log(stream.write("three"));
    "#,
    );
    assert_eq!(world.run().log, ["httpstream", "true", "true", "false"]);
    assert_eq!((&*world.requests[0].method, &*world.requests[0].url), (&b"POST"[..], &b"http://a.example/x"[..]));
    assert_eq!(world.uploads, [Some(b"one".to_vec()), Some(vec![0, 0]), None]);
    world.answer(answer(201));
    assert_eq!(world.log[4..], ["answer 201", "false"]);
}

#[test]
fn a_program_waits_until_there_is_room() {
    let mut world = World::new(
        r#"
        local stream = http.putstream("http://a.example/", {}, @(response) server.log("answer " + response.statuscode));
        local piece = blob(100 * 1024);
        imp.wakeup(0, @() server.log("timer"));
        for (local i = 0; i < 4; i++) server.log(i + " " + stream.write(piece));
    "#,
    );
    assert_eq!(world.run().log, ["0 true", "1 true"]);
    let id = world.open[0].0;
    world.tell(Event::Uploaded { id, bytes: 100 * 1024 });
    assert_eq!(world.log, ["0 true", "1 true", "2 true"]);
    // An answer that comes before the whole body ends the wait.
    world.tell(Event::Answer { id, answer: answer(413) });
    assert_eq!(world.log[3..], ["3 false", "timer", "answer 413"]);
    assert_eq!(world.uploads.len(), 3);
}

#[test]
fn many_small_pieces_are_limited_too() {
    let mut world = World::new(
        "local stream = http.requeststream(\"PATCH\", \"http://a.example/\", {}, @(response) null); while (stream.write(\"x\")) {}",
    );
    world.run();
    assert_eq!((world.uploads.len(), &*world.requests[0].method), (256, &b"PATCH"[..]));
}

#[test]
fn streams_are_refused_and_given_up_like_requests() {
    let mut world = World::new(
        r#"
        local wrong = http.poststream("gopher://a.example/", {}, @(response) server.log("wrong " + response.statuscode));
        server.log(wrong.write("x"));
        local stream = http.poststream("http://a.example/", {}, @(response) server.log("never"));
        stream.write("x");
        stream.cancel();
        server.log(stream.write("y"));
        local unused = http.poststream("http://a.example/", {}, @(response) server.log("never"));
        unused.cancel();
        server.log(unused.write("y"));
    "#,
    );
    assert_eq!(world.run().log, ["false", "false", "false", "wrong 3"]);
    assert!(world.open.is_empty());
    assert_eq!(world.requests.len(), 1);
}
