//! A web server that answers as a test says and tells what it got.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::mpsc,
    task::JoinHandle,
};

/// A request as it arrived; the names of its headers in lower case.
#[derive(Debug)]
pub struct Received {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

pub struct Receiver {
    pub address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Answers the request of each number, from 0, with what comes after `HTTP/1.1 `; with nothing, ever, where that is
    /// empty.
    pub async fn start(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let answer = Arc::new(answer);
        let numbers = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (sender, answer, numbers) = (sender.clone(), Arc::clone(&answer), Arc::clone(&numbers));
                tokio::spawn(async move {
                    let mut reader = BufReader::new(&mut stream);
                    let mut line = String::new();
                    reader.read_line(&mut line).await.unwrap();
                    let mut headers = HashMap::new();
                    loop {
                        let mut header = String::new();
                        reader.read_line(&mut header).await.unwrap();
                        let Some((name, value)) = header.trim().split_once(": ") else { break };
                        headers.insert(name.to_lowercase(), value.to_owned());
                    }
                    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body).await.unwrap();
                    let body = String::from_utf8(body).unwrap();
                    let number = numbers.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    let _ = sender.send(Received { line: line.trim().to_owned(), headers, body });
                    let answer = answer(number);
                    if answer.is_empty() {
                        return std::future::pending().await;
                    }
                    let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, received, task }
    }

    /// Answers everything with success.
    pub async fn willing() -> Self {
        Self::start(|_| "204 No Content".into()).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request.
    pub async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(Duration::from_secs(20), self.received.recv()).await;
        next.expect("a request arrives").expect("the server runs")
    }

    /// Whether no request has arrived that was not taken.
    pub fn is_idle(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
