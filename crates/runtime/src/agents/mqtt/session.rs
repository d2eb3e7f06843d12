//! What client and broker owe each other.

use platform::{MqttEvent, MqttMessage, MqttOrder, Qos, mqtt_code};
use rumqttc::{
    QoS,
    mqttbytes::v4::{Packet, PubAck, PubComp, PubRec, PubRel, Publish, Subscribe, SubscribeReasonCode, Unsubscribe},
};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// What is owed over one connection.
#[derive(Default)]
pub struct Session {
    last_id: u16,
    /// Orders that the broker has not answered, by their packet's number.
    orders: HashMap<u16, u32>,
    /// Messages that came once and may come again, by their packet's number.
    received: HashSet<u16>,
}

/// What comes of a packet or an order: what is to be sent, and then what the agent is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub packet: Option<Packet>,
    pub event: Option<MqttEvent>,
}

/// The protocol's word for a quality.
pub fn quality(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}

impl Session {
    /// Carries out an order. Ends and beginnings are not the session's.
    pub fn give(&mut self, order: MqttOrder) -> Step {
        let packet = match order {
            MqttOrder::Connect(_) | MqttOrder::Disconnect => return Step::default(),
            MqttOrder::Publish { id, message } => return self.publish(id, message),
            MqttOrder::Subscribe { id, topic, qos } => {
                let mut packet = Subscribe::new(topic, quality(qos));
                packet.pkid = self.await_answer(id);
                Packet::Subscribe(packet)
            }
            MqttOrder::Unsubscribe { id, topic } => {
                let mut packet = Unsubscribe::new(topic);
                packet.pkid = self.await_answer(id);
                Packet::Unsubscribe(packet)
            }
        };
        Step { packet: Some(packet), event: None }
    }

    fn publish(&mut self, id: u32, message: MqttMessage) -> Step {
        let MqttMessage { topic, payload, qos, retain } = message;
        let mut packet = Publish::new(topic, quality(qos), payload);
        packet.retain = retain;
        let event = if qos == Qos::AtMostOnce {
            Some(MqttEvent::Done { id, code: 0, qos: 0 })
        } else {
            packet.pkid = self.await_answer(id);
            None
        };
        Step { packet: Some(Packet::Publish(packet)), event }
    }

    /// Gives an order a number by which the broker answers. Agents have few of them under way, so there is one.
    fn await_answer(&mut self, order: u32) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if let Entry::Vacant(place) = self.orders.entry(self.last_id) {
                place.insert(order);
                return self.last_id;
            }
        }
    }

    /// Takes a packet of the broker's; none if it is not one that it may send.
    pub fn take(&mut self, packet: Packet) -> Option<Step> {
        Some(match packet {
            Packet::Publish(publish) => self.receive(publish),
            Packet::PubRel(release) => {
                self.received.remove(&release.pkid);
                Step { packet: Some(Packet::PubComp(PubComp::new(release.pkid))), event: None }
            }
            Packet::PubRec(receipt) => Step { packet: Some(Packet::PubRel(PubRel::new(receipt.pkid))), event: None },
            Packet::PubAck(answer) => self.done(answer.pkid, 0, 0),
            Packet::PubComp(answer) => self.done(answer.pkid, 0, 0),
            Packet::UnsubAck(answer) => self.done(answer.pkid, 0, 0),
            Packet::SubAck(answer) => match answer.return_codes.first()? {
                SubscribeReasonCode::Success(qos) => self.done(answer.pkid, 0, *qos as i32),
                SubscribeReasonCode::Failure => self.done(answer.pkid, mqtt_code::REFUSED, mqtt_code::REFUSED),
            },
            Packet::PingResp => Step::default(),
            _ => return None,
        })
    }

    /// The end of an order; answers that nobody waits for are none.
    fn done(&mut self, packet: u16, code: i32, qos: i32) -> Step {
        let event = self.orders.remove(&packet).map(|id| MqttEvent::Done { id, code, qos });
        Step { packet: None, event }
    }

    fn receive(&mut self, publish: Publish) -> Step {
        let Publish { qos, topic, pkid, payload, .. } = publish;
        let (packet, is_new) = match qos {
            QoS::AtMostOnce => (None, true),
            QoS::AtLeastOnce => (Some(Packet::PubAck(PubAck::new(pkid))), true),
            QoS::ExactlyOnce => (Some(Packet::PubRec(PubRec::new(pkid))), self.received.insert(pkid)),
        };
        let message = || MqttEvent::Message { topic: topic.into_bytes(), payload: payload.to_vec() };
        Step { packet, event: is_new.then(message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(qos: Qos) -> MqttMessage {
        MqttMessage { topic: "t".into(), payload: b"p".to_vec(), qos, retain: false }
    }

    fn sent(step: Step) -> Packet {
        assert_eq!(step.event, None);
        step.packet.expect("something is sent")
    }

    #[test]
    fn a_message_of_quality_2_is_sent_in_four_steps() {
        let mut session = Session::default();
        let order = MqttOrder::Publish { id: 9, message: message(Qos::ExactlyOnce) };
        let Packet::Publish(publish) = sent(session.give(order)) else { panic!("a message is sent") };
        let receipt = session.take(Packet::PubRec(PubRec::new(publish.pkid))).unwrap();
        assert_eq!(sent(receipt), Packet::PubRel(PubRel::new(publish.pkid)));
        let end = session.take(Packet::PubComp(PubComp::new(publish.pkid))).unwrap();
        assert_eq!(end, Step { packet: None, event: Some(MqttEvent::Done { id: 9, code: 0, qos: 0 }) });
        let again = session.take(Packet::PubComp(PubComp::new(publish.pkid))).unwrap();
        assert_eq!(again, Step::default());
    }

    #[test]
    fn a_message_of_quality_2_that_comes_twice_is_heard_once() {
        let mut session = Session::default();
        let mut publish = Publish::new("t", QoS::ExactlyOnce, "p");
        publish.pkid = 5;
        let first = session.take(Packet::Publish(publish.clone())).unwrap();
        assert!(first.event.is_some());
        assert_eq!(sent(session.take(Packet::Publish(publish.clone())).unwrap()), Packet::PubRec(PubRec::new(5)));
        let released = session.take(Packet::PubRel(PubRel::new(5))).unwrap();
        assert_eq!(sent(released), Packet::PubComp(PubComp::new(5)));
        assert!(session.take(Packet::Publish(publish)).unwrap().event.is_some());
    }

    #[test]
    fn numbers_that_are_in_use_are_passed_over() {
        let mut session = Session { last_id: u16::MAX - 1, ..Session::default() };
        session.orders.insert(1, 7);
        let mut next = || {
            let order = MqttOrder::Unsubscribe { id: 3, topic: "t".into() };
            match sent(session.give(order)) {
                Packet::Unsubscribe(packet) => packet.pkid,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([next(), next()], [u16::MAX, 2]);
    }

    #[test]
    fn brokers_answer_and_do_not_ask() {
        let mut session = Session::default();
        assert_eq!(session.take(Packet::PingReq), None);
        assert_eq!(session.take(Packet::Subscribe(Subscribe::new("t", QoS::AtMostOnce))), None);
    }
}
