use crate::program::{World, on_each};
use impstead_testkit::Backend;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

#[tokio::test]
async fn either_signal_stops_the_server_cleanly() {
    on_each(async |world: World| {
        for signal in ["-TERM", "-INT"] {
            let mut server = world.serve();
            assert_eq!(server.client().get("/readyz").await.status, 200);
            server.signal(signal);
            let (code, log) = server.wait();
            assert_eq!(code, Some(0), "{log}");
            assert!(log.lines().last().unwrap().contains("stopped"), "{log}");
        }
    })
    .await;
}

#[test]
fn a_request_under_way_ends_before_the_server_and_a_second_signal_ends_it_at_once() {
    let world = World::new(Backend::Sqlite);
    let body = r#"{"id":"nobody","password":"correct horse"}"#;
    let begin = |address| {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "POST /v5/auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ";
        write!(stream, "{head}{}\r\n\r\n{}", body.len(), &body[..10]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    };
    let mut server = world.serve();
    let mut stream = begin(server.address);
    std::thread::sleep(Duration::from_millis(200));
    server.signal("-TERM");
    std::thread::sleep(Duration::from_millis(200));
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(server.wait().0, Some(0));

    let mut server = world.serve_with(&["--shutdown-grace-s", "60"]);
    let _stream = begin(server.address);
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    server.signal("-TERM");
    std::thread::sleep(Duration::from_millis(200));
    server.signal("-TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(1), "{log}");
    assert!(began.elapsed() < Duration::from_secs(10));
}
