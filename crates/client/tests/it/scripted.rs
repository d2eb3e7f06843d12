//! A server that answers what a test tells it to, on plain threads: it can be slow, hang up and talk nonsense, and a
//! test that pauses Tokio's clock does not pause it.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Received>>>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// By lower-case name.
    pub headers: HashMap<String, String>,
    pub body: String,
    /// How many requests with this method and target came before.
    pub nth: usize,
}

impl Received {
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

#[derive(Clone, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delay: Duration,
    /// Close the connection after this many bytes of the body; before the status line if there is no status.
    cut_at: Option<usize>,
    /// What follows the body, as it comes, until its other end is dropped.
    pieces: Option<Arc<Mutex<mpsc::Receiver<String>>>>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// An error document with one entry.
    pub fn error(status: u16, code: &str, title: &str, detail: &str) -> Self {
        let error = serde_json::json!({ "id": "e", "status": status.to_string(), "code": code, "title": title,
            "detail": detail });
        Self::new(status, serde_json::json!({ "errors": [error] }).to_string())
    }

    /// A stream of events, which a test writes piece by piece and ends by dropping the sender.
    pub fn events() -> (mpsc::Sender<String>, Self) {
        let (sender, pieces) = mpsc::channel();
        let reply = Self { pieces: Some(Arc::new(Mutex::new(pieces))), ..Self::new(200, "") };
        (sender, reply.header("content-type", "text/event-stream"))
    }

    pub fn hang_up() -> Self {
        Self::default()
    }

    pub fn cut_at(mut self, bytes: usize) -> Self {
        self.cut_at = Some(bytes);
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Server {
    pub fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::<Mutex<Vec<Received>>>::default();
        let (script, log) = (Arc::new(script), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                // A client that goes away is its own business.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &*script, &log)));
            }
        });
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    /// `METHOD target` of all requests so far.
    pub fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Received::line).collect()
    }

    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|seen| *seen == line).count()
    }
}

fn serve(
    stream: TcpStream,
    script: &(dyn Fn(&Received) -> Reply + Send + Sync),
    log: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some(mut request) = read(&mut reader)? {
        {
            let mut log = log.lock().unwrap();
            request.nth = log.iter().filter(|earlier| earlier.line() == request.line()).count();
            log.push(request.clone());
        }
        let reply = script(&request);
        thread::sleep(reply.delay);
        if reply.status == 0 {
            return Ok(());
        }
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", reply.status);
        if reply.pieces.is_none() {
            head.extend(["Content-Length: ", &reply.body.len().to_string(), "\r\n"]);
        }
        for (name, value) in &reply.headers {
            head.extend([*name, ": ", value, "\r\n"]);
        }
        let cut_at = reply.cut_at.unwrap_or(reply.body.len());
        writer.write_all(head.as_bytes())?;
        writer.write_all(b"\r\n")?;
        writer.write_all(&reply.body[..cut_at])?;
        if let Some(pieces) = &reply.pieces {
            for piece in pieces.lock().unwrap().iter() {
                writer.write_all(piece.as_bytes())?;
            }
        }
        if reply.cut_at.is_some() || reply.pieces.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Received { method, target, headers, body: String::from_utf8(body).unwrap(), nth: 0 }))
}
