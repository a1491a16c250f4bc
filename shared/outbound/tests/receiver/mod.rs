//! A scripted receiver on loopback, and a network with scripted names.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambdesk_outbound::Network;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the receiver does once it has read the request.
#[derive(Clone)]
pub enum Script {
    /// Writes this and closes.
    ReceiverAnswer(String),
    /// Writes the first, then the second again and again, so long apart.
    Endless(String, &'static [u8], Duration),
}

/// A listening receiver that remembers the requests it got.
pub struct Receiver {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    /// Over plain TCP.
    pub async fn plain(script: Script) -> Self {
        Self::start(script, |socket| async move { Ok(socket) }).await
    }

    /// Over whatever `wrap` makes of a connection.
    pub async fn start<S, W, F>(script: Script, wrap: W) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        W: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (seen, count) = (Arc::clone(&requests), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (wrapped, script, seen) = (wrap(socket), script.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut stream = wrapped.await?;
                    let request = read_request(&mut stream).await?;
                    seen.lock().unwrap().push(request);
                    play(script, stream).await
                });
            }
        });
        Self { address, requests, connections }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?key=1", self.address)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads to the end of a body of the announced length.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut request = Vec::new();
    loop {
        let ended = stream.read_buf(&mut request).await? == 0;
        if ended || is_complete(&request) {
            return Ok(String::from_utf8_lossy(&request).into_owned());
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request);
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    announced.is_none_or(|length| body.len() >= length.parse().unwrap())
}

async fn play(script: Script, mut stream: impl AsyncWrite + Unpin) -> io::Result<()> {
    match script {
        Script::ReceiverAnswer(text) => stream.write_all(text.as_bytes()).await?,
        Script::Endless(head, part, pause) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(part).await?;
                stream.flush().await?;
                tokio::time::sleep(pause).await;
            }
        }
    }
    stream.flush().await
}

/// A network that resolves every name by script, one answer per question (the
/// last one stays), and connects to loopback instead when told to.
#[derive(Default)]
pub struct Scripted {
    pub answers: Vec<Vec<IpAddr>>,
    pub connects_to: Option<SocketAddr>,
    pub questions: Arc<AtomicUsize>,
    pub attempts: Arc<AtomicUsize>,
}

impl Scripted {
    pub fn names(answers: &[&[&str]]) -> Self {
        let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Self { answers: answers.iter().map(parse).collect(), ..Self::default() }
    }
}

impl Network for Scripted {
    async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let asked = self.questions.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(asked).or(self.answers.last());
        answer.cloned().ok_or_else(|| io::Error::other("no such name"))
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        TcpStream::connect(self.connects_to.unwrap_or(address)).await
    }
}
