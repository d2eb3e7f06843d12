//! Log streams: their requests, their events, and what becomes of them when the connection does not hold.

use crate::fixtures::{NOW_MS, document, signed_in};
use crate::scripted::{Received, Reply, Server};
use futures_util::{StreamExt, TryStreamExt};
use impstead_client::wire::Timestamp;
use impstead_client::{Error, LogEvent, LogFilter, LogOptions, LogStream, LogsOf, VirtualImpEvent};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, mpsc::Sender},
    time::Duration,
};

const DEVICE: &str = "20000c2a69abcdef";
const OTHER: &str = "20000c2a69abcd00";
const MAC: &str = "0c:2a:69:ab:cd:ef";
const OPENED: &str = "event: state_change\ndata: {\"state\":\"opened\"}\n\n";
const CLOSED: &str = "event: state_change\ndata: {\"state\":\"closed\"}\n\n";

fn state(device: &str, state: &str) -> String {
    format!("event: state_change\ndata: {{\"device_id\":\"{device}\",\"state\":\"{state}\"}}\n\n")
}

fn line(message: &str) -> String {
    let data = json!({ "device_id": DEVICE, "ts": "2026-03-02T09:41:01.250Z", "log_type": "development",
        "type": "server.log", "msg": message });
    format!("event: message\ndata: {data}\n\n")
}

fn device(id: &str) -> Value {
    json!({ "type": "device", "id": id, "attributes": { "name": null, "device_online": true, "mac_address": MAC },
        "relationships": { "owner": { "type": "account", "id": "a1" } } })
}

/// A service whose n-th stream has the id `s<n>` and says what the n-th sender says. It knows two devices; `also` may
/// answer first.
fn service(
    streams: usize,
    also: impl Fn(&Received) -> Option<Reply> + Send + Sync + 'static,
) -> (Server, Vec<Sender<String>>) {
    let (senders, replies): (Vec<_>, VecDeque<_>) = (0..streams).map(|_| Reply::events()).unzip();
    let replies = Arc::new(Mutex::new(replies));
    let made = Mutex::new(0);
    let server = Server::start(move |request| {
        if let Some(reply) = also(request) {
            return reply;
        }
        let missing = || Reply::error(404, "NF001", "Resource Not Found", "No such thing.");
        let path = request.target.split('?').next().unwrap_or_default();
        match (request.method.as_str(), path.split('/').skip(2).collect::<Vec<_>>().as_slice()) {
            ("POST", ["logstream"]) => {
                let mut made = made.lock().unwrap();
                *made += 1;
                let url = "http://elsewhere/v5/logstream/x";
                document(json!({ "type": "logstream", "id": format!("s{made}"), "attributes": { "url": url } }))
            }
            ("GET", ["logstream", _] | ["v1", "logs"] | ["v1", "virtual_imps", _]) => {
                replies.lock().unwrap().pop_front().unwrap_or_else(missing)
            }
            ("PUT" | "DELETE", ["logstream", _, DEVICE | OTHER]) => Reply::new(204, ""),
            ("GET", ["devices", DEVICE | MAC]) => document(device(DEVICE)),
            ("GET", ["devices", OTHER]) => document(device(OTHER)),
            _ => missing(),
        }
    });
    (server, senders)
}

fn say(stream: &Sender<String>, events: impl Into<String>) {
    stream.send(events.into()).unwrap();
}

fn quick() -> LogOptions {
    let (first_wait, longest_wait) = (Duration::from_millis(1), Duration::from_millis(4));
    LogOptions { first_wait, longest_wait, ..LogOptions::default() }
}

async fn open(server: &Server, options: &LogOptions) -> LogStream {
    signed_in(server).log_streams().open(options).await.unwrap()
}

/// The next event, in short.
async fn next(stream: &mut LogStream) -> String {
    match stream.next().await {
        None => "end".into(),
        Some(Err(error)) => format!("error: {error}"),
        Some(Ok(event)) => match event {
            LogEvent::Opened => "opened".into(),
            LogEvent::Closed => "closed".into(),
            LogEvent::Subscribed(device) => format!("+{device}"),
            LogEvent::Unsubscribed(device) => format!("-{device}"),
            LogEvent::Entry(entry) => entry.msg,
            LogEvent::Interrupted(error) => format!("interrupted: {error}"),
            LogEvent::Gap { since, until } => {
                assert_eq!((since, until), (Timestamp::from_ms(NOW_MS), Timestamp::from_ms(NOW_MS)));
                "gap".into()
            }
            event => panic!("{event:?}"),
        },
    }
}

async fn expect(stream: &mut LogStream, events: &[&str]) {
    for expected in events {
        let event = tokio::time::timeout(Duration::from_secs(30), next(stream)).await;
        let event = event.unwrap_or_else(|_| panic!("{expected} does not come"));
        let short = event.split_once(": ").filter(|(kind, _)| *kind == "interrupted").map_or(&*event, |(kind, _)| kind);
        assert_eq!(short, *expected);
    }
}

#[tokio::test]
async fn reads_lines_and_states() {
    let (server, streams) = service(1, |_| None);
    let mut stream = open(&server, &quick()).await;
    let devices = stream.devices();
    devices.add(MAC).await.unwrap();
    devices.add(OTHER).await.unwrap();
    devices.remove(OTHER).await.unwrap();
    assert_eq!(devices.list(), [DEVICE]);
    say(&streams[0], format!("{OPENED}: keep-alive\n\n{}", state(DEVICE, "subscribed")));
    say(&streams[0], "event: news\ndata: of another version\n\nevent: state_change\ndata: {\"state\":\"odd\"}\n\n");
    let (first, second) = (line("moisture 41"), line("two\r\nlines"));
    let (begun, rest) = first.split_at(50);
    say(&streams[0], begun);
    say(&streams[0], format!("{rest}{second}"));
    expect(&mut stream, &["opened", &format!("+{DEVICE}"), "moisture 41", "two\r\nlines"]).await;
    say(&streams[0], state(DEVICE, "unsubscribed"));
    expect(&mut stream, &[&format!("-{DEVICE}")]).await;
    assert!(devices.list().is_empty());
    assert_eq!(
        server.lines(),
        [
            "POST /v5/logstream".into(),
            "GET /v5/logstream/s1?format=json".into(),
            format!("GET /v5/devices/{MAC}"),
            format!("PUT /v5/logstream/s1/{DEVICE}"),
            format!("PUT /v5/logstream/s1/{OTHER}"),
            format!("DELETE /v5/logstream/s1/{OTHER}"),
        ]
    );
    let requests = server.requests();
    assert_eq!(requests[1].header("authorization"), "", "the id is enough");
    assert_eq!(requests[1].header("accept"), "text/event-stream");
    assert_eq!(requests[3].header("authorization"), "Bearer good-0");
}

#[tokio::test]
async fn a_lost_connection_is_made_again_with_its_devices() {
    let (server, mut streams) = service(3, |request| {
        (request.nth < 2 && request.target == "/v5/logstream" && request.nth == 1).then(|| Reply::new(503, ""))
    });
    let mut stream = open(&server, &quick()).await;
    stream.devices().add(DEVICE).await.unwrap();
    stream.devices().add(OTHER).await.unwrap();
    say(&streams[0], format!("{OPENED}{}", line("before")));
    expect(&mut stream, &["opened", "before"]).await;
    // In the middle of an event, which is lost.
    say(&streams[0], "event: message\ndata: {");
    drop(streams.remove(0));
    expect(&mut stream, &["interrupted"]).await;
    // Noted while there is no stream.
    stream.devices().remove(OTHER).await.unwrap();
    say(&streams[0], format!("{OPENED}{}{}", state(DEVICE, "subscribed"), line("after")));
    expect(&mut stream, &["gap", "opened", &format!("+{DEVICE}"), "after"]).await;
    drop(streams.remove(0));
    say(&streams[0], OPENED);
    expect(&mut stream, &["interrupted", "gap", "opened"]).await;
    let puts = server.lines().into_iter().filter(|line| line.starts_with("PUT")).collect::<Vec<_>>();
    let put = |stream, device| format!("PUT /v5/logstream/{stream}/{device}");
    assert_eq!(puts, [put("s1", DEVICE), put("s1", OTHER), put("s2", DEVICE), put("s3", DEVICE)]);
    assert_eq!(server.count("POST /v5/logstream"), 4, "one was answered 503");
}

#[tokio::test]
async fn silence_is_a_lost_connection() {
    let (server, streams) = service(2, |_| None);
    let mut stream = open(&server, &LogOptions { silence: Duration::from_millis(200), ..quick() }).await;
    say(&streams[0], OPENED);
    say(&streams[1], OPENED);
    expect(&mut stream, &["opened"]).await;
    let event = stream.next().await.unwrap().unwrap();
    assert!(matches!(event, LogEvent::Interrupted(Error::Transport { timed_out: true, .. })), "{event:?}");
    expect(&mut stream, &["gap", "opened"]).await;
}

#[tokio::test]
async fn what_is_closed_ends() {
    let (server, streams) = service(2, |_| None);
    let mut stream = open(&server, &quick()).await;
    say(&streams[0], format!("{OPENED}{CLOSED}{}", line("nobody reads this")));
    expect(&mut stream, &["opened", "closed", "end", "end"]).await;

    let (server, streams) = service(2, |_| None);
    let mut stream = open(&server, &LogOptions { reopen: true, ..quick() }).await;
    say(&streams[0], format!("{OPENED}{CLOSED}"));
    say(&streams[1], OPENED);
    expect(&mut stream, &["opened", "closed", "gap", "opened"]).await;
}

#[tokio::test]
async fn devices_that_cannot_be_added() {
    let (server, mut streams) = service(2, |request| match request.line() {
        line if line == format!("PUT /v5/logstream/s2/{OTHER}") => Some(Reply::error(403, "PX102", "No", "")),
        // The service has let go of the stream, and its reader does not know yet.
        line if line == format!("PUT /v5/logstream/s1/{DEVICE}") => Some(Reply::error(404, "NF001", "No", "")),
        _ => None,
    });
    let mut stream = open(&server, &quick()).await;
    let devices = stream.devices();
    let error = devices.add("20000c2a00000000").await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    assert!(error.service().unwrap().operation() == "GET /devices/20000c2a00000000");
    let error = devices.remove(OTHER).await;
    assert!(error.is_ok(), "the service says what it likes to that");
    assert!(devices.list().is_empty());
    devices.add(DEVICE).await.unwrap();
    devices.add(OTHER).await.unwrap();
    assert_eq!(devices.list(), [DEVICE, OTHER]);
    drop(streams.remove(0));
    say(&streams[0], OPENED);
    expect(&mut stream, &["interrupted", "gap", &format!("-{OTHER}"), "opened"]).await;
    assert_eq!(devices.list(), [DEVICE]);
    drop(stream);
    let before = server.lines().len();
    devices.add(OTHER).await.unwrap();
    assert_eq!(server.lines().len(), before, "there is no stream");
}

#[tokio::test]
async fn what_cannot_get_better_ends_with_an_error() {
    let refuse = |request: &Received| {
        let again = request.target == "/v5/logstream" && request.nth > 0;
        (again || request.target == "/v5/auth/token").then(|| Reply::error(401, "PX100", "Invalid Credentials", ""))
    };
    let (server, mut streams) = service(1, refuse);
    let mut stream = open(&server, &quick()).await;
    streams.clear();
    assert!(matches!(stream.try_next().await, Ok(Some(LogEvent::Interrupted(_)))));
    let error = stream.try_next().await.unwrap_err();
    assert!(error.needs_sign_in(), "{error:?}");
    assert!(stream.try_next().await.unwrap().is_none());

    let (server, streams) = service(1, |_| None);
    let mut stream = open(&server, &quick()).await;
    say(&streams[0], "event: message\ndata: no JSON\n\n");
    let error = stream.try_next().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { operation, .. } if operation == "GET /logstream/…"), "{error:?}");
    expect(&mut stream, &["end"]).await;
}

#[tokio::test]
async fn only_a_stream_of_events_is_one() {
    let server = Server::start(|request| match request.method.as_str() {
        "POST" => document(json!({ "type": "logstream", "id": "s1", "attributes": { "url": "" } })),
        _ => Reply::new(200, "<html>").header("content-type", "text/html"),
    });
    let error = signed_in(&server).log_streams().open(&quick()).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn whole_groups_have_a_stream_of_their_own() {
    let (server, mut streams) = service(2, |_| None);
    let client = signed_in(&server);
    let filter = LogFilter {
        of: LogsOf::DeviceGroup("g1".into()),
        types: vec!["server.log".into(), "status".into()],
        text: Some("a b".into()),
    };
    let mut tail = client.impstead().follow_logs(&filter, &quick()).await.unwrap();
    say(&streams[0], format!("{OPENED}{}", line("moisture 41")));
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Opened))));
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Entry(entry))) if entry.msg == "moisture 41"));
    drop(streams.remove(0));
    say(&streams[0], OPENED);
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Interrupted(_)))));
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Gap { .. }))));
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Opened))));
    // The service has no third: whoever may not see the group any more is told so.
    streams.clear();
    assert!(matches!(tail.try_next().await, Ok(Some(LogEvent::Interrupted(_)))));
    assert!(tail.try_next().await.unwrap_err().is_not_found());
    let request = &server.requests()[0];
    assert_eq!(request.line(), "GET /impstead/v1/logs?devicegroup=g1&type=server.log%2Cstatus&q=a+b&format=json");
    assert_eq!(request.header("authorization"), "Bearer good-0");
}

#[tokio::test]
async fn history_is_a_list() {
    let server = Server::start(|_| {
        let entry = json!({ "ts": "2026-03-02T09:41:01.250Z", "type": "status", "msg": "Device connected" });
        Reply::new(200, json!({ "data": [entry], "links": { "self": "s", "first": "f" } }).to_string())
    });
    let client = signed_in(&server);
    let lines = client.devices().logs(DEVICE).collect().await.unwrap();
    assert_eq!((lines[0].kind.as_str(), lines[0].msg.as_str()), ("status", "Device connected"));
    let filter = LogFilter { types: vec!["status".into()], ..LogFilter::all(LogsOf::Device(MAC.into())) };
    client.impstead().logs(&filter).page_size(5).page(2).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            format!("GET /v5/devices/{DEVICE}/logs?page%5Bnumber%5D=1&page%5Bsize%5D=100"),
            "GET /impstead/v1/logs?device=0c%3A2a%3A69%3Aab%3Acd%3Aef&type=status&page%5Bnumber%5D=2&page%5Bsize%5D=5"
                .into(),
        ]
    );
    assert_eq!(server.requests()[1].header("accept"), "application/json");
}

#[tokio::test]
async fn who_watches_a_virtual_imp_is_connected_again() {
    let (server, mut streams) = service(2, |_| None);
    let client = signed_in(&server);
    let mut watch = client.impstead().watch_virtual_imp(DEVICE, &quick()).await.unwrap();
    let outputs = "event: outputs\ndata: {\"pin8\":{\"mode\":\"digital_out\",\"value\":1}}\n\n";
    let seen = |event: &VirtualImpEvent| matches!(event, VirtualImpEvent::Outputs(all) if all.contains_key("pin8"));
    say(&streams[0], outputs);
    let first = watch.next().await.unwrap();
    assert!(seen(&first), "{first:?}");
    drop(streams.remove(0));
    say(&streams[0], outputs);
    let interrupted = watch.next().await.unwrap();
    assert!(matches!(&interrupted, VirtualImpEvent::Interrupted(Error::Transport { .. })), "{interrupted:?}");
    let again = watch.next().await.unwrap();
    assert!(seen(&again), "{again:?}");
    // The service has no third: whoever may not see the imp any more is told so.
    streams.clear();
    assert!(matches!(watch.next().await, Ok(VirtualImpEvent::Interrupted(_))));
    assert!(watch.next().await.unwrap_err().is_not_found());
}
