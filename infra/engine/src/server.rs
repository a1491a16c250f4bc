//! The loopback server: the engine's own HTTP server on its own threads.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use dynoxide::Database;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::EngineError;

/// How long a shutdown waits for the requests under way.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// A server that stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<io::Result<()>>,
}

impl Server {
    /// Listens on a free loopback port; connections are taken from here on.
    pub(crate) fn start(database: Database) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopping) = oneshot::channel();
        let (report, stopped) = oneshot::channel();
        thread::Builder::new().name("engine".to_owned()).spawn(move || {
            // Nobody listens any more when the engine was dropped instead of shut down.
            let _ = report.send(serve(listener, database, stopping));
        })?;
        Ok(Self { address, stop, stopped })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns once the last request is answered and the server has let go of the database.
    pub(crate) async fn stop(self) -> Result<(), EngineError> {
        drop(self.stop);
        match tokio::time::timeout(SHUTDOWN_LIMIT, self.stopped).await {
            Ok(Ok(served)) => Ok(served?),
            Ok(Err(_)) => Err(io::Error::other("its thread panicked").into()),
            Err(_) => Err(EngineError::Busy),
        }
    }
}

/// Serves until `stopping` resolves. The engine blocks its thread for the length
/// of a request, so there are two: one works while the other reads and answers.
fn serve(listener: std::net::TcpListener, database: Database, stopping: oneshot::Receiver<()>) -> io::Result<()> {
    runtime::Builder::new_multi_thread().worker_threads(2).thread_name("engine-worker").enable_all().build()?.block_on(
        async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let stopping = async { drop(stopping.await) };
            dynoxide::server::serve_with_shutdown(listener, database, stopping).await.map_err(io::Error::other)
        },
    )
}
