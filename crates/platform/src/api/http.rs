//! `http`: requests to servers, and answers to those of others.

use squirrel::{Call, Fault, Flow, Function, Heap, Member, Tag, Value};

use super::{
    REQUEST, RESPONSE, STREAM, bytes, done, function_or_null, microseconds, number_of, register, set, wrong_type,
};
use crate::codec::url;
use crate::constants::{NO_TIMEOUT, VALIDATE_USING_SYSTEM_CA_CERTS};
use crate::host::{Callback, Effect, PlatformHost, Upload, Wait, host, key_of, set_callback_of};
use crate::http::{Headers, HttpAnswer, HttpRequest, HttpResponse, Inbound, TOO_MANY_REQUESTS, curl};

/// How long a request may take where the program does not say, in seconds.
const TIMEOUT_S: f32 = 600.0;

/// Requests that may be under way at once.
const MOST_UNDER_WAY: usize = 64;

/// Headers that a response may have, and their bytes in all.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 * 1024;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("get", get, -2, ".st|o").documented("get(url [, headers]) -> httprequest", "Prepares a request."),
    ),
    Member::Function(
        Function::new("httpdelete", delete, -2, ".st|o")
            .documented("httpdelete(url [, headers]) -> httprequest", "Prepares a request."),
    ),
    Member::Function(
        Function::new("post", post, 4, ".st|o.")
            .documented("post(url, headers, body) -> httprequest", "Prepares a request with a body, a string or blob."),
    ),
    Member::Function(
        Function::new("put", put, 4, ".st|o.")
            .documented("put(url, headers, body) -> httprequest", "Prepares a request with a body, a string or blob."),
    ),
    Member::Function(
        Function::new("request", request, 5, ".sst|o.")
            .documented("request(verb, url, headers, body) -> httprequest", "Prepares a request of any method."),
    ),
    Member::Function(Function::new("poststream", post_stream, 4, ".st|oc").documented(
        "poststream(url, headers, function(response)) -> httpstream",
        "Prepares a request whose body the program writes piece by piece.",
    )),
    Member::Function(Function::new("putstream", put_stream, 4, ".st|oc").documented(
        "putstream(url, headers, function(response)) -> httpstream",
        "Prepares a request whose body the program writes piece by piece.",
    )),
    Member::Function(Function::new("requeststream", request_stream, 5, ".sst|oc").documented(
        "requeststream(verb, url, headers, function(response)) -> httpstream",
        "Prepares a request of any method whose body the program writes piece by piece.",
    )),
    Member::Function(
        Function::new("agenturl", agent_url, 1, "").documented("agenturl() -> string", "Returns the agent's own URL."),
    ),
    Member::Function(Function::new("onrequest", on_request, 2, "").documented(
        "onrequest(function(request, response)|null)",
        "Sets what is called for requests to the agent's URL.",
    )),
];

pub(super) const REQUEST_METHODS: &[Function<'static>] = &[
    Function::new("_typeof", request_type, 1, ""),
    Function::new("sendsync", send_sync, 1, "x")
        .documented("sendsync() -> table", "Sends the request and waits for the answer; nothing else runs."),
    Function::new("sendasync", send_async, -2, "xc").documented(
        "sendasync(function(response) [, function(chunk) [, timeout_s]])",
        "Sends the request; the first function gets the answer, the second its body in pieces.",
    ),
    Function::new("cancel", cancel, 1, "x").documented("cancel()", "Gives the request up; nothing is called for it."),
    Function::new("setvalidation", set_validation, 2, "xi")
        .documented("setvalidation(mode)", "Says whether the server's certificate must be good."),
];

pub(super) const STREAM_METHODS: &[Function<'static>] = &[
    Function::new("_typeof", stream_type, 1, ""),
    Function::new("write", write, 2, "x.").documented(
        "write(data) -> bool",
        "Sends more of the body, a string or blob, once there is room; false if the request has ended.",
    ),
    Function::new("close", close, 1, "x").documented("close()", "Ends the body."),
    Function::new("cancel", cancel_stream, 1, "x")
        .documented("cancel()", "Gives the request up; nothing is called for it."),
    Function::new("setvalidation", set_stream_validation, 2, "xi").documented(
        "setvalidation(mode)",
        "Says, before anything is written, whether the server's certificate must be good.",
    ),
];

pub(super) const RESPONSE_METHODS: &[Function<'static>] = &[
    Function::new("_typeof", response_type, 1, ""),
    Function::new("header", header, 3, "xs.").documented("header(name, value)", "Sets a header of the answer."),
    Function::new("send", send, -2, "xi")
        .documented("send(status [, body])", "Sends the answer, with a string or blob for a body."),
];

fn request_type(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(REQUEST.as_bytes()).map(Flow::Return)
}

fn stream_type(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(STREAM.as_bytes()).map(Flow::Return)
}

fn response_type(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(RESPONSE.as_bytes()).map(Flow::Return)
}

// Requests to servers.

fn get(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare(call, b"GET", 1, None)
}

fn delete(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare(call, b"DELETE", 1, None)
}

fn post(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare(call, b"POST", 1, Some(3))
}

fn put(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare(call, b"PUT", 1, Some(3))
}

fn request(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let method = call.heap.bytes(call.argument(1)).to_vec();
    prepare(call, &method, 2, Some(4))
}

/// Makes a request of the arguments: a URL at a place, headers behind it, and a body perhaps.
fn prepare(call: &mut Call<'_>, method: &[u8], url: usize, body: Option<usize>) -> Result<Flow, Fault> {
    let request = HttpRequest {
        method: method.to_vec(),
        url: call.heap.bytes(call.argument(url)).to_vec(),
        headers: headers(call, url + 1)?,
        body: match body {
            Some(place) => bytes(call, place)?,
            None => Vec::new(),
        },
    };
    let content = Prepared { sent: None, validate: false, request }.encode();
    call.charge(content.len() / 16 + 8);
    let class = host(call)?.request_class;
    let instance = call.heap.instance(class)?;
    call.set_payload(instance, REQUEST, &content)?;
    Ok(Flow::Return(instance))
}

/// Reads a table of headers: values are strings, numbers or bools, or arrays of these.
fn headers(call: &Call<'_>, place: usize) -> Result<Headers, Fault> {
    let table = call.argument(place);
    let mut headers = Vec::new();
    let mut add = |name: &[u8], value: Value| {
        let text = match value.tag() {
            Tag::String => call.heap.bytes(value).to_vec(),
            Tag::Integer | Tag::Float | Tag::Bool => call.plain_text(value),
            _ => return Err(Fault::error("header values must be strings")),
        };
        if !is_header(name, &text) {
            return Err(Fault::error("invalid header"));
        }
        headers.push((name.to_vec(), text));
        Ok(())
    };
    for (name, value) in call.heap.entries(table) {
        let name = call.heap.as_bytes(name).ok_or("header names must be strings")?;
        match value.tag() {
            Tag::Array => call.heap.items(value).iter().try_for_each(|&item| add(name, item))?,
            Tag::Null => {}
            _ => add(name, value)?,
        }
    }
    Ok(headers)
}

/// Whether it can be a header: what would end the line, and begin another one, is none.
fn is_header(name: &[u8], value: &[u8]) -> bool {
    !name.is_empty() && !name.iter().chain(value).any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// The content of a request that a program has.
struct Prepared {
    /// The number under which it was sent.
    sent: Option<u32>,
    validate: bool,
    request: HttpRequest,
}

impl Prepared {
    fn encode(&self) -> Vec<u8> {
        let HttpRequest { method, url, headers, body } = &self.request;
        let mut out = Vec::new();
        out.extend_from_slice(&self.sent.unwrap_or(0).to_le_bytes());
        out.push(u8::from(self.sent.is_some()) | u8::from(self.validate) << 1);
        let mut part = |bytes: &[u8]| {
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(bytes);
        };
        for bytes in [method, url, body] {
            part(bytes);
        }
        for (name, value) in headers {
            part(name);
            part(value);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Prepared> {
        let (number, rest) = bytes.split_first_chunk()?;
        let (flags, mut rest) = rest.split_first()?;
        let mut part = || -> Option<Vec<u8>> {
            let (len, after) = rest.split_first_chunk()?;
            let (bytes, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            rest = after;
            Some(bytes.to_vec())
        };
        let (method, url, body) = (part()?, part()?, part()?);
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (part(), part()) {
            headers.push((name, value));
        }
        Some(Prepared {
            sent: (flags & 1 != 0).then_some(u32::from_le_bytes(*number)),
            validate: flags & 2 != 0,
            request: HttpRequest { method, url, headers, body },
        })
    }
}

fn prepared(call: &Call<'_>) -> Result<Prepared, Fault> {
    call.payload(call.this(), REQUEST).and_then(Prepared::decode).ok_or_else(|| Fault::error("invalid type tag"))
}

/// Marks the request as sent under the next number, and returns it. Nothing may fail after it.
fn unsent(call: &mut Call<'_>) -> Result<(u32, Prepared), Fault> {
    let mut prepared = prepared(call)?;
    if prepared.sent.is_some() {
        return Err("request already sent".into());
    }
    let id = host(call)?.last_id.wrapping_add(1);
    prepared.sent = Some(id);
    Ok((id, prepared))
}

/// Sends a request, or answers it at once.
fn dispatch(
    call: &mut Call<'_>,
    id: u32,
    prepared: Prepared,
    timeout_us: Option<i64>,
    stream: bool,
) -> Result<(), Fault> {
    let this = call.this();
    let content = prepared.encode();
    call.set_payload(this, REQUEST, &content)?;
    call.charge(content.len() / 16);
    let Prepared { validate, request, .. } = prepared;
    let host = host(call)?;
    host.next_id();
    submit(host, id, request, |request| Effect::Request { id, request, timeout_us, validate, stream, uploads: false });
    Ok(())
}

/// Has a request sent, or answers it at once. Says whether it is sent.
fn submit(host: &mut PlatformHost, id: u32, request: HttpRequest, effect: impl FnOnce(HttpRequest) -> Effect) -> bool {
    let scheme = request.url.iter().take(6).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    let refused = if !scheme.starts_with(b"http:") && !scheme.starts_with(b"https:") {
        Some(curl::BAD_URL)
    } else if host.requests.len() < MOST_UNDER_WAY && host.credit.take(host.now_us, 1.0) {
        None
    } else {
        host.reached("too many requests");
        Some(TOO_MANY_REQUESTS)
    };
    host.requests.insert(id);
    match refused {
        Some(status) => host.refused.push((id, HttpAnswer { status, ..HttpAnswer::default() })),
        None => host.effects.push(effect(request)),
    }
    refused.is_none()
}

fn send_sync(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return Ok(Flow::Return(call.result));
    }
    let (id, prepared) = unsent(call)?;
    dispatch(call, id, prepared, Some(microseconds(f64::from(TIMEOUT_S))), false)?;
    let answer = call.wait(1);
    host(call)?.wait = Some(Wait::Answer(id));
    Ok(answer)
}

fn send_async(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let stream = function_or_null(call, 2)?;
    let timeout = call.argument(3);
    let timeout_us = match timeout.as_number() {
        _ if timeout.as_integer() == Some(NO_TIMEOUT) => None,
        seconds => Some(microseconds(f64::from(seconds.unwrap_or(TIMEOUT_S).max(0.0)))),
    };
    let (id, prepared) = unsent(call)?;
    let key = key_of(id);
    set_callback_of(call, Callback::Answers, key, call.argument(1))?;
    set_callback_of(call, Callback::Chunks, key, stream)?;
    dispatch(call, id, prepared, timeout_us, !stream.is_null())?;
    Ok(Flow::Return(call.this()))
}

fn cancel(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if let Some(id) = prepared(call)?.sent {
        give_up(call, id)?;
    }
    done()
}

/// Nobody waits for the answer to a request any more.
fn give_up(call: &mut Call<'_>, id: u32) -> Result<(), Fault> {
    let host = host(call)?;
    if host.requests.remove(&id) {
        host.refused.retain(|(refused, _)| *refused != id);
        host.effects.push(Effect::Cancel { id });
    }
    let key = key_of(id);
    set_callback_of(call, Callback::Answers, key, Value::NULL)?;
    set_callback_of(call, Callback::Chunks, key, Value::NULL)
}

fn set_validation(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let mut prepared = prepared(call)?;
    prepared.validate = call.argument(1).as_integer() == Some(VALIDATE_USING_SYSTEM_CA_CERTS);
    let (this, content) = (call.this(), prepared.encode());
    call.set_payload(this, REQUEST, &content)?;
    done()
}

// Requests whose body comes in pieces.

fn post_stream(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare_stream(call, b"POST", 1)
}

fn put_stream(call: &mut Call<'_>) -> Result<Flow, Fault> {
    prepare_stream(call, b"PUT", 1)
}

fn request_stream(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let method = call.heap.bytes(call.argument(1)).to_vec();
    prepare_stream(call, &method, 2)
}

/// Makes a stream of the arguments: a URL at a place, and headers and a function behind it. It is sent once something is written,
/// so that there is time for `setvalidation`.
fn prepare_stream(call: &mut Call<'_>, method: &[u8], url: usize) -> Result<Flow, Fault> {
    let request = HttpRequest {
        method: method.to_vec(),
        url: call.heap.bytes(call.argument(url)).to_vec(),
        headers: headers(call, url + 1)?,
        body: Vec::new(),
    };
    let host = host(call)?;
    let (class, id) = (host.stream_class, host.last_id.wrapping_add(1));
    let content = Prepared { sent: Some(id), validate: false, request }.encode();
    call.charge(content.len() / 16 + 8);
    let instance = call.heap.instance(class)?;
    call.set_payload(instance, STREAM, &content)?;
    set_callback_of(call, Callback::Answers, key_of(id), call.argument(url + 2))?;
    let host = crate::host::host(call)?;
    host.next_id();
    host.uploads.insert(id, Upload::default());
    Ok(Flow::Return(instance))
}

fn stream(call: &Call<'_>) -> Result<(u32, Prepared), Fault> {
    let prepared = call.payload(call.this(), STREAM).and_then(Prepared::decode);
    let prepared = prepared.ok_or_else(|| Fault::error("invalid type tag"))?;
    Ok((prepared.sent.unwrap_or(0), prepared))
}

/// Sends the head of a stream's request, unless it is sent.
fn begin(host: &mut PlatformHost, id: u32, prepared: Prepared) {
    let Some(upload) = host.uploads.get_mut(&id).filter(|upload| !upload.begun) else { return };
    upload.begun = true;
    let Prepared { validate, request, .. } = prepared;
    let timeout_us = Some(microseconds(f64::from(TIMEOUT_S)));
    let effect = |request| Effect::Request { id, request, timeout_us, validate, stream: false, uploads: true };
    if !submit(host, id, request, effect) {
        host.uploads.remove(&id);
    }
}

fn write(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (id, prepared) = stream(call)?;
    let data = bytes(call, 1)?;
    call.charge(data.len() / 16 + 8);
    let len = data.len();
    let host = host(call)?;
    begin(host, id, prepared);
    let Some(has_room) = host.has_room(id, len) else {
        host.wait = Some(Wait::Room { id, bytes: len });
        return Ok(call.wait(1));
    };
    if has_room && len > 0 {
        host.upload(id, data);
    }
    Ok(Flow::Return(Value::bool(has_room)))
}

fn close(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (id, prepared) = stream(call)?;
    let host = host(call)?;
    begin(host, id, prepared);
    if host.uploads.remove(&id).is_some() {
        host.effects.push(Effect::UploadEnd { id });
    }
    done()
}

fn cancel_stream(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (id, _) = stream(call)?;
    let host = host(call)?;
    host.uploads.remove(&id);
    give_up(call, id)?;
    done()
}

fn set_stream_validation(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (_, mut prepared) = stream(call)?;
    prepared.validate = call.argument(1).as_integer() == Some(VALIDATE_USING_SYSTEM_CA_CERTS);
    let (this, content) = (call.this(), prepared.encode());
    call.set_payload(this, STREAM, &content)?;
    done()
}

fn agent_url(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let url = host(call)?.surroundings.agent_url.clone();
    call.heap.string(url.as_bytes()).map(Flow::Return)
}

fn on_request(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Request)
}

// Answers to others.

fn header(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let name = call.heap.bytes(call.argument(1)).to_vec();
    let value = match call.argument(2) {
        value if value.is(Tag::String) => call.heap.bytes(value).to_vec(),
        value => call.plain_text(value),
    };
    if !is_header(&name, &value) {
        return Err("invalid header in httpresponse.header(name, value)".into());
    }
    let id = number_of(call, call.this(), RESPONSE).ok_or("invalid type tag")?;
    if let Some(headers) = host(call)?.responses.get_mut(&id) {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if headers.len() >= MOST_HEADERS || bytes + name.len() + value.len() > MOST_HEADER_BYTES {
            return Err("too many headers in httpresponse.header(name, value)".into());
        }
        headers.push((name, value));
    }
    done()
}

fn send(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let status = call.argument(1).as_integer().and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..=999).contains(status));
    let status = status.ok_or("invalid status in httpresponse.send(status, body)")?;
    let body = match call.argument(2) {
        value if value.is_null() => Vec::new(),
        value if value.is(Tag::Integer) || value.is(Tag::Float) || value.is(Tag::Bool) => call.plain_text(value),
        value if !value.is(Tag::String) && call.heap.blob_bytes(value).is_none() => {
            return Err(wrong_type(2, value, "string|blob"));
        }
        _ => bytes(call, 2)?,
    };
    call.charge(body.len() / 16);
    let id = number_of(call, call.this(), RESPONSE).ok_or("invalid type tag")?;
    let host = host(call)?;
    match host.responses.remove(&id) {
        Some(headers) => {
            host.effects.push(Effect::Respond { id, response: HttpResponse { status, headers, body } });
        }
        None => host.complain("response already sent"),
    }
    done()
}

// What programs are given.

/// Puts a header into a table: repeated ones become arrays.
fn put_header(heap: &mut Heap, table: Value, name: &[u8], value: &[u8]) -> Result<(), Fault> {
    let name = heap.string(name)?;
    let value = heap.string(value)?;
    match heap.table_get(table, name, &mut 0) {
        None => heap.table_set(table, name, value, &mut 0),
        Some(array) if array.is(Tag::Array) => heap.push(array, value),
        Some(before) => {
            let array = heap.array(vec![before, value])?;
            heap.table_set(table, name, array, &mut 0)
        }
    }
}

/// Makes the table that a program gets for an answer.
pub(crate) fn answer_table(heap: &mut Heap, answer: &HttpAnswer) -> Result<Value, Fault> {
    let table = heap.table(0)?;
    set(heap, table, "statuscode", Value::integer(answer.status))?;
    let headers = heap.table(0)?;
    let raw = heap.array(Vec::new())?;
    for (name, value) in &answer.headers {
        put_header(heap, headers, &name.to_ascii_lowercase(), value)?;
        let line = heap.string(&[name, &b": "[..], value].concat())?;
        heap.push(raw, line)?;
    }
    set(heap, table, "headers", headers)?;
    set(heap, table, "rawheaders", raw)?;
    let body = heap.string(&answer.body)?;
    set(heap, table, "body", body)?;
    Ok(table)
}

/// Makes the table that a program gets for a request.
pub(crate) fn request_table(heap: &mut Heap, request: &Inbound) -> Result<Value, Fault> {
    let table = heap.table(0)?;
    for (name, bytes) in [("method", &request.method), ("path", &request.path), ("body", &request.body)] {
        let text = heap.string(bytes)?;
        set(heap, table, name, text)?;
    }
    let query = heap.table(0)?;
    for (name, value) in url::pairs(&request.query) {
        put_header(heap, query, &name, &value)?;
    }
    set(heap, table, "query", query)?;
    let headers = heap.table(0)?;
    for (name, value) in &request.headers {
        put_header(heap, headers, name, value)?;
    }
    set(heap, table, "headers", headers)?;
    Ok(table)
}
