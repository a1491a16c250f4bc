//! The running stack: every function over one engine, one listener and the tasks between
//! them. Starting and stopping.

use crate::{
    Options, StartError, gateway,
    keys::sealing_key,
    objects::{self, Files, ObjectStore},
    pump, table,
};
use aws_credential_types::Credentials;
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use lambdesk_api::{function::Function, state::App};
use lambdesk_deliver::Deliver;
use lambdesk_directory::OperatorToken;
use lambdesk_engine::{Engine, Storage};
use lambdesk_fanout::Fanout;
use lambdesk_objects::{ObjectBucket, Objects};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, HintQueue, aws, clock::secret_bytes};
use lambdesk_sweep::Sweep;
use std::{fs, io, net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
    task::JoinSet,
};

/// The name of the bucket.
const BUCKET: &str = "lambdesk-local";
/// Hosts that webhooks may go to here although they are not public.
const ALLOWED_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Hints that may wait at the same time; the sweep finds what is lost beyond.
const WAITING_HINTS: usize = 10_000;

/// The running stack. Dropping it stops its tasks.
pub struct Stack {
    /// Where it listens.
    pub address: SocketAddr,
    /// The state that the HTTP functions share.
    pub app: App,
    /// The function behind the stream.
    pub fanout: Arc<Fanout>,
    /// The function behind the queue.
    pub deliver: Arc<Deliver>,
    /// The function behind the schedule.
    pub sweep: Arc<Sweep>,
    /// The engine below.
    pub engine: Arc<Engine>,
    router: Router,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Stack {
    /// Starts everything.
    ///
    /// # Errors
    /// Why not, in one sentence.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        Self::start_at(options, Clock::system()).await
    }

    /// Starts everything with a clock of the caller's.
    ///
    /// # Errors
    /// Why not, in one sentence.
    pub async fn start_at(options: &Options, clock: Clock) -> Result<Self, StartError> {
        let listener = listen(options.port).await?;
        let engine = Arc::new(Engine::open(storage(options)?)?);
        let table = table::open(&engine).await?;
        let address = listener.local_addr().map_err(|reason| StartError::Port { port: options.port, reason })?;
        let bucket = bucket(address);
        let objects = Objects::new(bucket.clone(), aws::http_connector);
        let files = ObjectStore::new(files(options)?, bucket, clock.clone());
        let app =
            App { clock: clock.clone(), objects: Some(objects.clone()), ..App::new(&table, sealing_key(options)?) };
        let (queue, hints) = HintQueue::local(WAITING_HINTS);
        let policy = AddressPolicy::allowing(ALLOWED_HOSTS).map_err(|error| StartError::Demo(error.to_string()))?;
        let fanout = Arc::new(Fanout::new(&table, queue.clone(), clock.clone()));
        let deliver = Arc::new(Deliver::new(&table, policy.clone(), clock.clone()));
        let sweep = Arc::new(Sweep::new(&table, Some(objects), queue.clone(), clock.clone()));
        let (stop, stopped) = watch::channel(false);
        // In this order: merged routers keep the fallback of the last, and the functions' answers problem documents.
        let operator = OperatorToken::of(options.operator_token.as_ref());
        let written = Arc::new(Notify::new());
        let functions = router(&app, functions_with(&policy, &queue, operator));
        let functions = functions.layer(from_fn_with_state(Arc::clone(&written), gateway::tell_of_writes));
        let router = files.clone().router().merge(functions);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, router.clone(), stopped.clone()));
        let position = pump::PositionFile::of(options);
        tasks.spawn(pump::stream(Arc::clone(&engine), Arc::clone(&fanout), position, written, stopped.clone()));
        tasks.spawn(pump::queue(hints, Arc::clone(&deliver), stopped.clone()));
        tasks.spawn(pump::schedule(Arc::clone(&sweep), clock, options.sweep_interval(), stopped.clone()));
        tasks.spawn(pump::lifecycle(files, stopped.clone()));
        tasks.spawn(pump::expiry(Arc::clone(&engine), stopped));
        Ok(Self { address, app, fanout, deliver, sweep, engine, router, stop, tasks })
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All routes, for calls within the process.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Makes a workspace with its owner, and answers the owner's key.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn bootstrap(&self, name: &str, owner: &str, email: &str) -> Result<String, StartError> {
        let invalid = |error: &dyn std::fmt::Display| StartError::Demo(error.to_string());
        let name = name.parse().map_err(|error| invalid(&error))?;
        let owner = owner.parse().map_err(|error| invalid(&error))?;
        let email = email.parse().map_err(|error| invalid(&error))?;
        let made = lambdesk_directory::bootstrap(&self.app.directories, &self.app.clock, name, owner, email).await?;
        Ok(made.key_text)
    }

    /// Serves until Ctrl-C or SIGTERM, then stops.
    pub async fn until(self, interrupts: Interrupts) {
        interrupts.come().await;
        self.stop().await;
    }

    /// Stops: requests under way are answered, then the tasks end.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        let Self { app, fanout, deliver, sweep, engine, .. } = self;
        drop((app, fanout, deliver, sweep));
        if let Some(engine) = Arc::into_inner(engine)
            && let Err(error) = engine.shutdown().await
        {
            tracing::warn!(%error, "the engine did not stop cleanly");
        }
    }
}

/// The routes of all functions in one router, over the state that they share. Over a new
/// one nothing is cached, as in functions that have just started.
pub fn router(app: &App, functions: Vec<(&str, Function)>) -> Router {
    let all = functions.into_iter().fold(Router::new(), |all, (_, function)| all.merge(function.router(app)));
    all.layer(from_fn(gateway::whole_body))
}

/// The HTTP functions by name, where nobody makes workspaces: also what the template is
/// held against.
#[must_use]
pub fn functions(policy: &AddressPolicy, queue: &HintQueue) -> Vec<(&'static str, Function)> {
    functions_with(policy, queue, None)
}

fn functions_with(
    policy: &AddressPolicy,
    queue: &HintQueue,
    operator: Option<OperatorToken>,
) -> Vec<(&'static str, Function)> {
    vec![
        ("tickets", lambdesk_tickets::routes()),
        ("messages", lambdesk_messages::routes()),
        ("contacts", lambdesk_contacts::routes()),
        ("directory", lambdesk_directory::routes(operator)),
        ("docs", lambdesk_docs::routes().over(|_| ())),
        ("reports", lambdesk_reports::routes()),
        ("intake", lambdesk_intake::routes()),
        ("webhooks", lambdesk_webhooks::routes(policy.clone(), Some(queue.clone()))),
    ]
}

async fn listen(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(port),
        _ => StartError::Port { port, reason },
    })
}

fn storage(options: &Options) -> Result<Storage, StartError> {
    if options.memory {
        return Ok(Storage::Memory);
    }
    fs::create_dir_all(&options.data).map_err(|reason| StartError::Folder { folder: options.data.clone(), reason })?;
    Ok(Storage::File(options.data.join("table.sqlite")))
}

/// The stand-in for the bucket, with a secret of this run.
fn bucket(address: SocketAddr) -> ObjectBucket {
    let secret = format!("{:032x}", u128::from_be_bytes(secret_bytes()));
    ObjectBucket {
        name: BUCKET.to_owned(),
        region: "local".to_owned(),
        credentials: Credentials::from_keys("local", secret, None),
        endpoint: Some(format!("http://{address}{}", objects::PATH)),
    }
}

fn files(options: &Options) -> Result<Files, StartError> {
    if options.memory {
        return Ok(Files::in_memory());
    }
    let folder = options.data.join("objects");
    Files::in_folder(folder.clone()).map_err(|reason| StartError::Folder { folder, reason })
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the listener failed");
    }
}

/// Ctrl-C and SIGTERM, listened to from the moment that this is made: before anybody is told
/// that the stack runs, so that whoever is told may stop it.
pub struct Interrupts {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Interrupts {
    /// Listens. Where the system has no such signals, none comes.
    #[must_use]
    pub fn listen() -> Self {
        let of = |kind| signal(kind).ok();
        Self { interrupt: of(SignalKind::interrupt()), terminate: of(SignalKind::terminate()) }
    }

    async fn come(mut self) {
        tokio::select! {
            () = next(&mut self.interrupt) => {}
            () = next(&mut self.terminate) => {}
        }
    }
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
