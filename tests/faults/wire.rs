//! W1 and W3: connections that the peer forgot while the process was frozen, and what the
//! service answers when trying again may help.

use futures_util::future::join_all;
use lambdesk_table::{Key, Table, TableError, measured};
use lambdesk_testkit::{Fault, TestTable};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What becomes of bytes on a forgotten connection.
#[derive(Debug, Clone, Copy)]
enum Forgotten {
    /// They are answered by a reset.
    Reset,
    /// Nobody answers.
    Lost,
}

/// A proxy that forgets the connections it has when it is told to.
struct Proxy {
    url: String,
    generation: Arc<AtomicU64>,
}

impl Proxy {
    async fn before(engine: &str, forgotten: Forgotten) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let engine = engine.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let generation = Arc::new(AtomicU64::new(0));
        let current = Arc::clone(&generation);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&engine).await.expect("the engine listens");
                tokio::spawn(forward(client, server, Arc::clone(&current), forgotten));
            }
        });
        Self { url, generation }
    }

    fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

async fn forward(client: TcpStream, server: TcpStream, generation: Arc<AtomicU64>, forgotten: Forgotten) {
    let born = generation.load(Ordering::SeqCst);
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let answers =
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await.map(|_| to_client) });
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        if generation.load(Ordering::SeqCst) == born {
            to_server.write_all(&bytes[..count]).await.expect("the engine reads");
            continue;
        }
        match forgotten {
            Forgotten::Lost => std::future::pending().await,
            Forgotten::Reset => {
                from_client.as_ref().set_zero_linger().expect("it resets");
                answers.abort();
                return;
            }
        }
    }
}

fn key() -> Key {
    Key { pk: "a".to_owned(), sk: "b".to_owned() }
}

/// Asks so often at once; how many requests each took.
async fn ask(table: &Table, times: usize) -> Vec<usize> {
    let gets = (0..times).map(|_| async {
        let (got, usage) = measured(table.get(key())).await;
        got.expect("it is answered");
        usage.round_trips()
    });
    join_all(gets).await
}

#[tokio::test]
async fn w1_connections_that_were_forgotten_cost_one_attempt_and_no_error() {
    for (forgotten, patience) in [(Forgotten::Reset, 2_000), (Forgotten::Lost, 150)] {
        let test = TestTable::new().await;
        let proxy = Proxy::before(&test.engine.url(), forgotten).await;
        let table = test.through(&proxy.url, Duration::from_millis(patience));
        for pause in 0..3 {
            let requests = ask(&table, 12).await;
            assert!(requests.iter().all(|requests| *requests <= 2), "{forgotten:?} {pause}: {requests:?}");
            proxy.forget();
            let requests = ask(&table, 1).await;
            assert_eq!(requests, [2], "{forgotten:?} {pause}");
            proxy.forget();
        }
    }
}

#[tokio::test]
async fn w3_whatever_passes_is_tried_again_and_is_unavailable_in_the_end() {
    let table = TestTable::new().await;
    for fault in [
        Fault::Gateway(503, ""),
        Fault::Gateway(500, "<html><body><h1>500</h1></body></html>"),
        Fault::Gateway(429, ""),
        Fault::Error("InternalFailure"),
        Fault::Error("ServiceUnavailableException"),
        Fault::Error("LimitExceededException"),
        Fault::Error("TransactionInProgressException"),
    ] {
        table.faults.next([fault]);
        let (got, usage) = measured(table.table.get(key())).await;
        assert_eq!((got.unwrap(), usage.round_trips()), (None, 2), "{fault:?} once");
        table.faults.next([fault; 5]);
        let got = table.table.get(key()).await;
        assert!(matches!(got, Err(TableError::Unavailable(_))), "{fault:?} for good: {got:?}");
    }
}
