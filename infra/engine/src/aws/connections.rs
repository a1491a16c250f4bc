//! The stand-in's connections: what clients send goes on to the front, until the
//! connection is forgotten.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

use super::front::{self, Front};
use super::switches::{AwsSwitches, Forgotten};

/// Starts threads of its own that serve until the sender is dropped.
pub(super) fn start(front: Front) -> io::Result<(SocketAddr, oneshot::Sender<()>)> {
    let listen = || {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok::<_, io::Error>(listener)
    };
    let (outer, inner) = (listen()?, listen()?);
    let (address, front_address) = (outer.local_addr()?, inner.local_addr()?);
    let (stop, stopping) = oneshot::channel::<()>();
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).thread_name("aws").enable_all().build()?;
    thread::Builder::new().name("aws".to_owned()).spawn(move || {
        let switches = front.switches.clone();
        runtime.block_on(async {
            let (Ok(outer), Ok(inner)) = (TcpListener::from_std(outer), TcpListener::from_std(inner)) else {
                return;
            };
            tokio::select! {
                () = accept(outer, front_address, switches) => {}
                () = front::serve(inner, front) => {}
                _ = stopping => {}
            }
        });
        runtime.shutdown_background();
    })?;
    Ok((address, stop))
}

async fn accept(listener: TcpListener, front: SocketAddr, switches: AwsSwitches) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(forward(client, front, switches.clone()));
    }
}

/// Until either side ends, or the connection is forgotten and more is sent.
async fn forward(client: TcpStream, front: SocketAddr, switches: AwsSwitches) -> io::Result<()> {
    let (born, _) = switches.forgotten();
    let server = TcpStream::connect(front).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let answers =
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await.map(|_| to_client) });
    let mut bytes = [0; 16_384];
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        match switches.forgotten() {
            (times, Some(how)) if times != born => match how {
                Forgotten::Lost => std::future::pending().await,
                Forgotten::Reset => {
                    from_client.as_ref().set_zero_linger()?;
                    answers.abort();
                    return Ok(());
                }
            },
            _ => to_server.write_all(bytes.get(..count).unwrap_or_default()).await?,
        }
    }
    Ok(())
}
