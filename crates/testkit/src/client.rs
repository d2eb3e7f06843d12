//! A small HTTP client that asserts where a test would, and leaves bytes alone.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A caller. Each request has a connection of its own; a clone is the same caller.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Access token that goes with each request.
    pub token: Option<String>,
    /// Further headers that go with each request.
    pub headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub bytes: Bytes,
    /// Its body as JSON; null where it is none.
    pub json: Value,
}

impl Answer {
    /// Returns a header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Asserts the status, and returns the body.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        &self.json
    }

    /// Asserts that a resource was made, and returns its id.
    #[track_caller]
    pub fn id(&self) -> String {
        assert!(matches!(self.status, 200 | 201), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json["data"]["id"].as_str().expect("resources have ids").to_owned()
    }
}

impl Client {
    /// A caller without an access token.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, token: None, headers: Vec::new() }
    }

    /// The same caller with a header more.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.into(), value.into()));
        client
    }

    /// Sends a request; `body` goes as `application/vnd.api+json`.
    pub async fn send(&self, method: Method, target: &str, body: Option<&Value>) -> Answer {
        let stream = TcpStream::connect(self.address).await.expect("the server listens");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("the server speaks HTTP");
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(target).header("host", self.address.to_string());
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/vnd.api+json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::<Bytes>::from(body)).expect("the test's request can be written");
        let (head, body) = sender.send_request(request).await.expect("the server answers").into_parts();
        let bytes = body.collect().await.expect("the answer is whole").to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: head.status.as_u16(), headers: head.headers, bytes, json }
    }

    /// `GET`
    pub async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, None).await
    }

    /// `POST`
    pub async fn post(&self, target: &str, body: Value) -> Answer {
        self.send(Method::POST, target, Some(&body)).await
    }

    /// `PATCH`
    pub async fn patch(&self, target: &str, body: Value) -> Answer {
        self.send(Method::PATCH, target, Some(&body)).await
    }

    /// `PUT`
    pub async fn put(&self, target: &str, body: Value) -> Answer {
        self.send(Method::PUT, target, Some(&body)).await
    }

    /// `DELETE`
    pub async fn delete(&self, target: &str) -> Answer {
        self.send(Method::DELETE, target, None).await
    }

    /// Sends bytes as they are, and returns all that comes until the server closes the connection: ask it to, with
    /// `Connection: close`.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        stream.write_all(bytes).await.expect("the server reads");
        let mut answer = Vec::new();
        // A reset after the answer is the server's right where it did not read all there was.
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    /// Signs in, and returns the caller with its access token.
    pub async fn sign_in(&self, id: &str, password: &str) -> Self {
        let answer = self.post("/v5/auth", json!({ "id": id, "password": password })).await;
        let token = answer.is(200)["access_token"].as_str().expect("a sign-in has a token").to_owned();
        Self { token: Some(token), ..self.clone() }
    }

    /// Makes a product, and returns its id.
    pub async fn product(&self, name: &str) -> String {
        let document = json!({ "data": { "type": "product", "attributes": { "name": name } } });
        self.post("/v5/products", document).await.id()
    }

    /// Makes a device group, and returns its id.
    pub async fn group(&self, kind: &str, product: &str, name: &str) -> String {
        let document = json!({ "data": {
            "type": kind,
            "attributes": { "name": name },
            "relationships": { "product": { "type": "product", "id": product } },
        } });
        self.post("/v5/devicegroups", document).await.id()
    }

    /// Deploys code to a device group, and returns the deployment's id.
    pub async fn deploy(&self, kind: &str, group: &str, device_code: &str, agent_code: &str) -> String {
        let document = json!({ "data": {
            "type": "deployment",
            "attributes": { "device_code": device_code, "agent_code": agent_code },
            "relationships": { "devicegroup": { "type": kind, "id": group } },
        } });
        self.post("/v5/deployments", document).await.id()
    }
}
