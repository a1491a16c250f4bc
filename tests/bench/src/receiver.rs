//! A receiver of webhooks that notes when the first byte comes.

use std::time::Instant;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// On a loopback port; answers 204 to whatever comes.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    first_bytes: mpsc::UnboundedReceiver<Instant>,
}

impl Receiver {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, first_bytes) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(receive(connection, sender.clone()));
            }
        });
        Self { url, first_bytes }
    }

    /// When the first byte of the next delivery came.
    pub async fn first_byte(&mut self) -> Instant {
        self.first_bytes.recv().await.expect("the receiver runs")
    }
}

/// One request; a sender that goes away early is its own business.
async fn receive(mut connection: TcpStream, first_bytes: mpsc::UnboundedSender<Instant>) {
    let mut request = Vec::new();
    loop {
        match connection.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(read) if read == request.len() => drop(first_bytes.send(Instant::now())),
            Ok(_) => {}
        }
        if is_whole(&request) {
            break;
        }
    }
    let _ = connection.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
}

/// Whether the head and as much body as it announces are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_with_the_last_byte_that_it_announces() {
        assert!(!is_whole(b"POST /hook HTTP/1.1\r\nContent-Length: 2\r\n"));
        assert!(!is_whole(b"POST /hook HTTP/1.1\r\nContent-Length: 2\r\n\r\n{"));
        assert!(is_whole(b"POST /hook HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"));
    }
}
