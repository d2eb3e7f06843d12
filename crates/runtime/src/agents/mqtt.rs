//! MQTT connections of agents: version 3.1.1, over TCP or TLS.
//!
//! A task of its own has the socket. It takes orders and tells what comes of them through bounded queues: while the agent does not
//! keep up, nothing more is read from the broker.

mod session;

use crate::{Outbound, Wire};
use futures_util::{SinkExt as _, StreamExt as _};
use platform::{Event, MOST_CALLS, MOST_PAYLOAD_BYTES, MOST_TOPIC_BYTES, MqttConnect, MqttEvent, MqttOrder, mqtt_code};
use rumqttc::mqttbytes::v4::{Codec, Connect, LastWill, Login, Packet};
use session::{Session, Step, quality};
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{codec::Framed, task::TaskTracker};
use url::Url;

/// How long it may take until the broker has agreed, or a packet is sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// The largest packet: a message, and what is around it.
const MOST_PACKET_BYTES: usize = MOST_PAYLOAD_BYTES + MOST_TOPIC_BYTES + 16;

/// Orders that wait: all that an agent may have under way, and the end. It does not give more.
const MOST_ORDERS: usize = MOST_CALLS + 1;

/// Events that wait for the agent; until it takes them, nothing more is read.
const MOST_EVENTS: usize = 4;

type Link = Framed<Wire, Codec>;

/// An agent's connection, made or being made. Once it is dropped, it ends.
pub struct Connection {
    link: u32,
    orders: mpsc::Sender<MqttOrder>,
    events: mpsc::Receiver<MqttEvent>,
}

impl Connection {
    /// Begins to connect.
    pub fn open(outbound: Outbound, tasks: &TaskTracker, link: u32, connect: MqttConnect) -> Self {
        let (order, orders) = mpsc::channel(MOST_ORDERS);
        let (event, events) = mpsc::channel(MOST_EVENTS);
        tasks.spawn(serve(outbound, connect, orders, event));
        Self { link, orders: order, events }
    }

    /// Passes an order on, unless it is for another connection. One that ends takes none, and says that it ends.
    pub fn give(&self, link: u32, order: MqttOrder) {
        if link == self.link {
            let _ = self.orders.try_send(order);
        }
    }

    /// Waits for what happens next, for ever where there is no connection.
    pub async fn next(connection: &mut Option<Connection>) -> Event {
        let Some(Connection { link, events, .. }) = connection else { return std::future::pending().await };
        let (link, event) = (*link, events.recv().await);
        if event.is_none() {
            *connection = None;
        }
        Event::Mqtt { link, event: event.unwrap_or(MqttEvent::Lost) }
    }
}

async fn serve(
    outbound: Outbound,
    connect: MqttConnect,
    mut orders: mpsc::Receiver<MqttOrder>,
    events: mpsc::Sender<MqttEvent>,
) {
    let made = tokio::select! {
        made = timeout(PATIENCE, make(&outbound, &connect)) => made.unwrap_or(Err(mqtt_code::FAILED)),
        // It is to end before it has begun.
        _ = orders.recv() => {
            let _ = events.send(MqttEvent::Disconnected).await;
            return;
        }
    };
    let mut unheard = VecDeque::new();
    let last = match made {
        Ok(link) => {
            unheard.push_back(MqttEvent::Connected(0));
            talk(link, connect.keep_alive_s, &mut orders, &events, &mut unheard).await
        }
        Err(code) => MqttEvent::Connected(code),
    };
    for event in unheard.into_iter().chain([last]) {
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// Connects, and has the broker agree.
async fn make(outbound: &Outbound, connect: &MqttConnect) -> Result<Link, i32> {
    let target = Target::of(&connect.url).ok_or(mqtt_code::FAILED)?;
    let wire = outbound.connect(&target.host, target.port, target.tls).await.map_err(|_| mqtt_code::FAILED)?;
    let codec = Codec { max_incoming_size: MOST_PACKET_BYTES, max_outgoing_size: 2 * MOST_PACKET_BYTES };
    let mut link = Framed::new(wire, codec);
    link.send(Packet::Connect(greeting(connect))).await.map_err(|_| mqtt_code::FAILED)?;
    match link.next().await {
        Some(Ok(Packet::ConnAck(answer))) => match answer.code as i32 {
            0 => Ok(link),
            refusal => Err(refusal),
        },
        _ => Err(mqtt_code::FAILED),
    }
}

fn greeting(connect: &MqttConnect) -> Connect {
    let MqttConnect { url: _, client_id, username, password, keep_alive_s, clean_session, will } = connect;
    let mut greeting = Connect::new(client_id.as_str());
    greeting.keep_alive = *keep_alive_s;
    greeting.clean_session = *clean_session;
    greeting.last_will =
        will.as_ref().map(|will| LastWill::new(&will.topic, will.payload.as_slice(), quality(will.qos), will.retain));
    if username.is_some() || password.is_some() {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        greeting.login = Some(Login { username: text(username), password: text(password) });
    }
    greeting
}

/// Talks with the broker until the end, and returns that. What the agent is to hear before is in `unheard`.
async fn talk(
    mut link: Link,
    keep_alive_s: u16,
    orders: &mut mpsc::Receiver<MqttOrder>,
    events: &mpsc::Sender<MqttEvent>,
    unheard: &mut VecDeque<MqttEvent>,
) -> MqttEvent {
    let mut session = Session::default();
    // A little earlier than the broker expects it.
    let pause = Duration::from_secs(u64::from(keep_alive_s)) * 3 / 4;
    let mut ping_at = Instant::now() + pause;
    let (mut awaits_pong, mut has_paused) = (false, false);
    loop {
        let reads = unheard.len() < MOST_EVENTS;
        has_paused |= !reads;
        let step = tokio::select! {
            room = events.reserve(), if !unheard.is_empty() => {
                if let (Ok(room), Some(event)) = (room, unheard.pop_front()) {
                    room.send(event);
                }
                continue;
            }
            packet = link.next(), if reads => {
                awaits_pong = false;
                match packet.and_then(Result::ok).and_then(|packet| session.take(packet)) {
                    Some(step) => step,
                    None => return MqttEvent::Lost,
                }
            }
            order = orders.recv() => match order {
                Some(order) if order != MqttOrder::Disconnect => session.give(order),
                // The agent wants no more, or is gone.
                _ => {
                    let _ = timeout(FAREWELL, link.send(Packet::Disconnect)).await;
                    return MqttEvent::Disconnected;
                }
            },
            () = sleep_until(ping_at), if keep_alive_s > 0 => {
                // Where nobody was reading all the time, the answer may be there.
                if awaits_pong && !has_paused {
                    return MqttEvent::Lost;
                }
                (awaits_pong, has_paused) = (true, false);
                ping_at = Instant::now() + pause;
                Step { packet: Some(Packet::PingReq), event: None }
            }
        };
        if let Some(packet) = step.packet
            && !matches!(timeout(PATIENCE, link.send(packet)).await, Ok(Ok(())))
        {
            return MqttEvent::Lost;
        }
        unheard.extend(step.event);
    }
}

/// Where a broker is.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    tls: bool,
}

impl Target {
    fn of(url: &str) -> Option<Target> {
        let url = Url::parse(url).ok()?;
        let tls = match url.scheme() {
            "tcp" | "mqtt" => false,
            "ssl" | "tls" | "mqtts" => true,
            _ => return None,
        };
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
        Some(Target { host, port, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn urls_of_brokers() {
        for (url, expected) in [
            ("tcp://broker.example:1234", Some(("broker.example", 1234, false))),
            ("mqtt://broker.example", Some(("broker.example", 1883, false))),
            ("SSL://broker.example/", Some(("broker.example", 8883, true))),
            ("mqtts://[2001:db8::1]:99", Some(("2001:db8::1", 99, true))),
            ("tls://192.0.2.1", Some(("192.0.2.1", 8883, true))),
            ("http://broker.example", None),
            ("tcp://ann:secret@broker.example", None),
            ("broker.example:1883", None),
            ("tcp://", None),
            ("tcp://broker.example:99999", None),
        ] {
            let target = Target::of(url);
            let found = target.as_ref().map(|Target { host, port, tls }| (host.as_str(), *port, *tls));
            assert_eq!(found, expected, "{url}");
        }
    }
}
