//! `mqtt`: a client of a broker.

use std::collections::BTreeMap;

use squirrel::{Call, Fault, Flow, Function, Heap, Member, Tag, Value};

use super::{MQTT_CLIENT, MQTT_MESSAGE, bytes, call_soon, done, function_or_null, number_of};
use crate::host::{Callback, Effect, callback, host, key_of, set_callback_of};
use crate::mqtt::{
    LinkState, MOST_PAYLOAD_BYTES, MOST_TOPIC_BYTES, MqttCall, MqttConnect, MqttLink, MqttMessage, MqttOrder, Qos, code,
};

/// What the client does where the program does not say.
const KEEP_ALIVE_S: u16 = 60;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Integer { name: "AT_MOST_ONCE", value: Qos::AtMostOnce as i32 },
    Member::Integer { name: "AT_LEAST_ONCE", value: Qos::AtLeastOnce as i32 },
    Member::Integer { name: "EXACTLY_ONCE", value: Qos::ExactlyOnce as i32 },
    Member::Function(
        Function::new("createclient", create_client, 1, "")
            .documented("createclient() -> mqttclient", "Makes a client, which is not connected yet."),
    ),
];

pub(super) const CLIENT_METHODS: &[Function<'static>] = &[
    Function::new("_typeof", client_type, 1, ""),
    Function::new("connect", connect, -3, "xsst|o").documented(
        "connect(url, clientid [, options])",
        "Connects to a broker; what is set with `onconnect` hears how that went.",
    ),
    Function::new("disconnect", disconnect, -1, "x.")
        .documented("disconnect([function()])", "Ends the connection; the function is called once it has ended."),
    Function::new("onconnect", on_connect, 2, "x.")
        .documented("onconnect(function(code)|null)", "Sets what hears how connecting went: 0 is well."),
    Function::new("onconnectionlost", on_connection_lost, 2, "x.")
        .documented("onconnectionlost(function()|null)", "Sets what is called when the connection breaks."),
    Function::new("onmessage", on_message, 2, "x.")
        .documented("onmessage(function(message)|null)", "Sets what gets messages: tables of `topic` and `message`."),
    Function::new("subscribe", subscribe, -3, "xsi.").documented(
        "subscribe(topic, qos [, function(error, qos)])",
        "Asks for messages; the function gets 0 and the quality granted, or what is wrong.",
    ),
    Function::new("unsubscribe", unsubscribe, -2, "xs.").documented(
        "unsubscribe(topic [, function(error)])",
        "Asks for no more messages; the function gets 0, or what is wrong.",
    ),
    Function::new("createmessage", create_message, -3, "xs.t|o").documented(
        "createmessage(topic, payload [, options]) -> mqttmessage",
        "Makes a message of a string or blob; options are `qos` and `retain`.",
    ),
];

pub(super) const MESSAGE_METHODS: &[Function<'static>] = &[
    Function::new("_typeof", message_type, 1, ""),
    Function::new("sendasync", send_async, -1, "x.").documented(
        "sendasync([function(error)])",
        "Sends the message; the function gets 0 once the broker has it, or what is wrong.",
    ),
];

/// The functions of a client, by their places in an array.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// The client itself, weakly: these arrays must not keep it.
    Client,
    Connect,
    ConnectionLost,
    Message,
}

impl Handler {
    const COUNT: usize = Handler::Message as usize + 1;
}

/// The function that a client's program has set; null if none.
pub(crate) fn handler(heap: &Heap, callbacks: Value, client: u32, which: Handler) -> Value {
    let table = callback(heap, callbacks, Callback::MqttClients);
    let handlers = heap.table_get(table, key_of(client), &mut 0).unwrap_or(Value::NULL);
    heap.items(handlers).get(which as usize).copied().unwrap_or(Value::NULL)
}

/// Makes the table that a program gets for a message.
pub(crate) fn message_table(heap: &mut Heap, topic: &[u8], payload: &[u8]) -> Result<Value, Fault> {
    let table = heap.table(0)?;
    for (name, bytes) in [("topic", topic), ("message", payload)] {
        let (name, text) = (heap.string(name.as_bytes())?, heap.string(bytes)?);
        heap.table_set(table, name, text, &mut 0)?;
    }
    Ok(table)
}

fn client_type(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(MQTT_CLIENT.as_bytes()).map(Flow::Return)
}

fn message_type(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(MQTT_MESSAGE.as_bytes()).map(Flow::Return)
}

// The client.

fn create_client(call: &mut Call<'_>) -> Result<Flow, Fault> {
    forget_clients(call)?;
    let host = host(call)?;
    let (class, id) = (host.mqtt_client_class, host.last_id.wrapping_add(1));
    let client = call.heap.instance(class)?;
    call.set_payload(client, MQTT_CLIENT, &id.to_le_bytes())?;
    let mut handlers = vec![Value::NULL; Handler::COUNT];
    handlers[Handler::Client as usize] = call.heap.weak(client)?;
    let handlers = call.heap.array(handlers)?;
    set_callback_of(call, Callback::MqttClients, key_of(id), handlers)?;
    crate::host::host(call)?.next_id();
    Ok(Flow::Return(client))
}

/// Lets go of the functions of clients that the program has no more.
fn forget_clients(call: &mut Call<'_>) -> Result<(), Fault> {
    let host = host(call)?;
    let (callbacks, linked) = (host.callbacks, host.mqtt.as_ref().map(|link| key_of(link.client)));
    let table = callback(call.heap, callbacks, Callback::MqttClients);
    let is_gone = |handlers: Value| {
        let client = call.heap.items(handlers).first().copied().unwrap_or(Value::NULL);
        call.heap.strong(client).is_null()
    };
    let entries = call.heap.entries(table).into_iter();
    let gone: Vec<Value> = entries
        .filter(|&(client, handlers)| Some(client) != linked && is_gone(handlers))
        .map(|(client, _)| client)
        .collect();
    for client in gone {
        call.heap.table_remove(table, client, &mut 0);
    }
    Ok(())
}

fn client_of(call: &Call<'_>) -> Result<u32, Fault> {
    number_of(call, call.this(), MQTT_CLIENT).ok_or_else(|| Fault::error("invalid type tag"))
}

fn on_connect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    set_handler(call, Handler::Connect)
}

fn on_connection_lost(call: &mut Call<'_>) -> Result<Flow, Fault> {
    set_handler(call, Handler::ConnectionLost)
}

fn on_message(call: &mut Call<'_>) -> Result<Flow, Fault> {
    set_handler(call, Handler::Message)
}

fn set_handler(call: &mut Call<'_>, which: Handler) -> Result<Flow, Fault> {
    let (client, function) = (client_of(call)?, function_or_null(call, 1)?);
    let callbacks = host(call)?.callbacks;
    let table = callback(call.heap, callbacks, Callback::MqttClients);
    let handlers = call.heap.table_get(table, key_of(client), &mut 0).unwrap_or(Value::NULL);
    if let Some(place) = call.heap.items_mut(handlers).get_mut(which as usize) {
        *place = function;
    }
    done()
}

fn connect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let client = client_of(call)?;
    let connect = read_connect(call)?;
    let host = host(call)?;
    // A connection costs what a request does.
    let refused = match (&host.mqtt, host.credit.has(host.now_us, 1.0)) {
        (Some(_), _) => Some((code::FAILED, "only one MQTT client of an agent can be connected")),
        (None, false) => Some((code::TOO_MANY, "too many MQTT connections")),
        (None, true) => None,
    };
    if let Some((code, complaint)) = refused {
        let callbacks = host.callbacks;
        let function = handler(call.heap, callbacks, client, Handler::Connect);
        call_soon(call, function, &[Value::integer(code)])?;
        crate::host::host(call)?.complain(complaint);
        return done();
    }
    host.credit.take(host.now_us, 1.0);
    let id = host.next_id();
    let looked_us = i64::MIN;
    host.mqtt = Some(MqttLink { id, client, state: LinkState::Connecting, calls: BTreeMap::new(), looked_us });
    host.effects.push(Effect::Mqtt { link: id, order: MqttOrder::Connect(Box::new(connect)) });
    done()
}

fn read_connect(call: &Call<'_>) -> Result<MqttConnect, Fault> {
    let options = call.argument(3);
    let option = |name: &str| option(call.heap, options, name);
    let string = |name: &str| match option(name) {
        None => Ok(None),
        Some(value) => text_of(call, value, &format!("option '{name}'")).map(Some),
    };
    let keep_alive_s = match option("keepalive") {
        None => KEEP_ALIVE_S,
        Some(value) => value
            .as_integer()
            .and_then(|seconds| u16::try_from(seconds).ok())
            .ok_or("invalid option 'keepalive' in mqttclient.connect(url, clientid, options)")?,
    };
    Ok(MqttConnect {
        url: text_of(call, call.argument(1), "url")?,
        client_id: text_of(call, call.argument(2), "clientid")?,
        username: string("username")?,
        password: string("password")?,
        keep_alive_s,
        clean_session: option("cleansession").is_none_or(is_true),
        will: match option("will") {
            None => None,
            Some(will) if will.is(Tag::Table) => Some(read_will(call, will)?),
            Some(_) => return Err("invalid option 'will' in mqttclient.connect(url, clientid, options)".into()),
        },
    })
}

fn read_will(call: &Call<'_>, will: Value) -> Result<MqttMessage, Fault> {
    let topic = option(call.heap, will, "topic").unwrap_or(Value::NULL);
    let payload = option(call.heap, will, "message").unwrap_or(Value::NULL);
    let payload = call.heap.as_bytes(payload).or_else(|| call.heap.blob_bytes(payload));
    let payload = payload.filter(|payload| payload.len() <= MOST_TOPIC_BYTES);
    let payload = payload.ok_or("the will's message must be a string or blob of at most 65535 bytes")?.to_vec();
    read_message(call, text_of(call, topic, "the will's topic")?, payload, will)
}

/// A member of a table of options, whatever the case of its name; null counts as none.
fn option(heap: &Heap, options: Value, name: &str) -> Option<Value> {
    if !options.is(Tag::Table) {
        return None;
    }
    let is_it = |key: Value| heap.as_bytes(key).is_some_and(|key| key.eq_ignore_ascii_case(name.as_bytes()));
    heap.entries(options)
        .into_iter()
        .find(|&(key, _)| is_it(key))
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

fn is_true(value: Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_integer() != Some(0))
}

/// A string that MQTT can carry.
fn text_of(call: &Call<'_>, value: Value, what: &str) -> Result<String, Fault> {
    let bytes = call.heap.as_bytes(value).filter(|bytes| bytes.len() <= MOST_TOPIC_BYTES && !bytes.contains(&0));
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.map(str::to_owned).ok_or_else(|| Fault::error(format!("invalid {what}")))
}

fn disconnect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (client, function) = (client_of(call)?, function_or_null(call, 1)?);
    let link = host(call)?.mqtt.as_ref().filter(|link| link.client == client);
    let Some(link) = link.filter(|link| link.state != LinkState::Disconnecting).map(|link| link.id) else {
        call_soon(call, function, &[])?;
        return done();
    };
    set_callback_of(call, Callback::MqttCalls, key_of(link), function)?;
    let host = host(call)?;
    if let Some(mqtt) = &mut host.mqtt {
        mqtt.state = LinkState::Disconnecting;
    }
    host.effects.push(Effect::Mqtt { link, order: MqttOrder::Disconnect });
    done()
}

fn subscribe(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let client = client_of(call)?;
    let topic = topic_filter(call)?;
    let qos = call.argument(2).as_integer().and_then(Qos::of);
    let qos = qos.ok_or("invalid qos in mqttclient.subscribe(topic, qos, callback)")?;
    let function = function_or_null(call, 3)?;
    let call_of = MqttCall { subscribes: true, bytes: topic.len() };
    order(call, client, call_of, function, |id| MqttOrder::Subscribe { id, topic, qos })
}

fn unsubscribe(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let client = client_of(call)?;
    let topic = topic_filter(call)?;
    let function = function_or_null(call, 2)?;
    let call_of = MqttCall { subscribes: false, bytes: topic.len() };
    order(call, client, call_of, function, |id| MqttOrder::Unsubscribe { id, topic })
}

fn topic_filter(call: &Call<'_>) -> Result<String, Fault> {
    let topic = text_of(call, call.argument(1), "topic")?;
    if topic.is_empty() { Err("invalid topic".into()) } else { Ok(topic) }
}

/// Gives an order, or answers it at once where that cannot be.
fn order(
    call: &mut Call<'_>,
    client: u32,
    call_of: MqttCall,
    function: Value,
    make: impl FnOnce(u32) -> MqttOrder,
) -> Result<Flow, Fault> {
    call.charge(call_of.bytes / 16 + 8);
    let host = host(call)?;
    let id = host.last_id.wrapping_add(1);
    let link = host.mqtt.as_ref().filter(|link| link.client == client && link.state == LinkState::Connected);
    let refused = match link {
        None => Some(code::NOT_CONNECTED),
        Some(link) if !link.has_room(call_of.bytes) => Some(code::TOO_MANY),
        Some(_) => None,
    };
    if let Some(code) = refused {
        call_soon(call, function, arguments(call_of, code, 0).as_slice())?;
        return done();
    }
    set_callback_of(call, Callback::MqttCalls, key_of(id), function)?;
    let host = crate::host::host(call)?;
    host.next_id();
    if let Some(link) = &mut host.mqtt {
        link.calls.insert(id, call_of);
        host.effects.push(Effect::Mqtt { link: link.id, order: make(id) });
    }
    done()
}

/// What a program gets to hear of an order: exactly so many arguments.
pub(crate) fn arguments(call: MqttCall, code: i32, qos: i32) -> Vec<Value> {
    let code = Value::integer(code);
    if call.subscribes { vec![code, Value::integer(qos)] } else { vec![code] }
}

// Messages.

fn create_message(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let client = client_of(call)?;
    let topic = text_of(call, call.argument(1), "topic")?;
    let message = read_message(call, topic, bytes(call, 2)?, call.argument(3))?;
    let content = encode(client, &message);
    call.charge(content.len() / 16 + 8);
    let class = host(call)?.mqtt_message_class;
    let instance = call.heap.instance(class)?;
    call.set_payload(instance, MQTT_MESSAGE, &content)?;
    Ok(Flow::Return(instance))
}

/// A message with the quality and the retain flag of a table of options.
fn read_message(call: &Call<'_>, topic: String, payload: Vec<u8>, options: Value) -> Result<MqttMessage, Fault> {
    if topic.is_empty() || topic.contains(['#', '+']) {
        return Err("invalid topic".into());
    }
    if payload.len() > MOST_PAYLOAD_BYTES {
        return Err("message too large".into());
    }
    let qos = match option(call.heap, options, "qos") {
        None => Qos::AtMostOnce,
        Some(value) => value.as_integer().and_then(Qos::of).ok_or("invalid option 'qos'")?,
    };
    let retain = option(call.heap, options, "retain").is_some_and(is_true);
    Ok(MqttMessage { topic, payload, qos, retain })
}

/// The content of a message that a program has, with the number of its client.
fn encode(client: u32, message: &MqttMessage) -> Vec<u8> {
    let MqttMessage { topic, payload, qos, retain } = message;
    let mut out = client.to_le_bytes().to_vec();
    out.push(*qos as u8 | u8::from(*retain) << 2);
    out.extend_from_slice(&u32::try_from(topic.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(topic.as_bytes());
    out.extend_from_slice(payload);
    out
}

fn decode(bytes: &[u8]) -> Option<(u32, MqttMessage)> {
    let (client, rest) = bytes.split_first_chunk()?;
    let (flags, rest) = rest.split_first()?;
    let (topic_len, rest) = rest.split_first_chunk()?;
    let (topic, payload) = rest.split_at_checked(u32::from_le_bytes(*topic_len) as usize)?;
    let message = MqttMessage {
        topic: std::str::from_utf8(topic).ok()?.to_owned(),
        payload: payload.to_vec(),
        qos: Qos::of(i32::from(flags & 3))?,
        retain: flags & 4 != 0,
    };
    Some((u32::from_le_bytes(*client), message))
}

fn send_async(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let function = function_or_null(call, 1)?;
    let content = call.payload(call.this(), MQTT_MESSAGE).and_then(decode);
    let (client, message) = content.ok_or("invalid type tag")?;
    let call_of = MqttCall { subscribes: false, bytes: message.topic.len() + message.payload.len() };
    order(call, client, call_of, function, |id| MqttOrder::Publish { id, message })
}
