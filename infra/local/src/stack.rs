//! Starting and stopping.

use crate::{
    Options, StartError,
    objects::{self, Files, ObjectStore},
    pump,
};
use aws_credential_types::Credentials;
use axum::Router;
use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_deliver::Deliver;
use lambdesk_engine::{Engine, Storage};
use lambdesk_fanout::Fanout;
use lambdesk_objects::{Bucket, Objects};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, HintQueue, aws, clock::secret_bytes, config::Aws};
use lambdesk_store::Store;
use lambdesk_sweep::Sweep;
use std::{fs, io, net::SocketAddr, path::Path, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// The name of the table.
pub const TABLE: &str = "lambdesk-local";
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
    policy: AddressPolicy,
    queue: HintQueue,
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
        let store = open_table(&engine).await?;
        let address = listener.local_addr().map_err(|reason| StartError::Port { port: options.port, reason })?;
        let bucket = bucket(address);
        let objects = Objects::new(bucket.clone(), aws::http_connector);
        let files = ObjectStore::new(files(options)?, bucket, clock.clone());
        let app = App {
            clock: clock.clone(),
            objects: Some(objects.clone()),
            ..App::new(store.clone(), sealing_key(options)?)
        };
        let (queue, hints) = HintQueue::local(WAITING_HINTS);
        let policy = AddressPolicy::allowing(ALLOWED_HOSTS).map_err(|error| StartError::Demo(error.to_string()))?;
        let fanout = Arc::new(Fanout::new(store.clone(), queue.clone(), clock.clone()));
        let deliver = Arc::new(Deliver::new(store.clone(), policy.clone(), clock.clone()));
        let sweep =
            Arc::new(Sweep::new(store.clone(), queue.clone(), clock.clone()).with_objects(Some(objects.clone())));
        let (stop, stopped) = watch::channel(false);
        // In this order: merged routers keep the fallback of the last, and the functions' answers problem documents.
        let router = files.clone().router().merge(routes(&app, &policy, &queue));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, router.clone(), stopped.clone()));
        tasks.spawn(pump::stream(Arc::clone(&engine), Arc::clone(&fanout), pump::Place::of(options), stopped.clone()));
        tasks.spawn(pump::queue(hints, Arc::clone(&deliver), stopped.clone()));
        tasks.spawn(pump::schedule(Arc::clone(&sweep), clock, options.sweep_interval(), stopped.clone()));
        tasks.spawn(pump::lifecycle(files, stopped.clone()));
        tasks.spawn(pump::expiry(Arc::clone(&engine), stopped));
        Ok(Self { address, app, fanout, deliver, sweep, engine, policy, queue, router, stop, tasks })
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

    /// The same routes with nothing remembered, as in a function that just started.
    pub fn cold_router(&self) -> Router {
        let store = store(&self.engine);
        routes(&App { store, ..self.app.clone() }, &self.policy, &self.queue)
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
        let made = lambdesk_directory::bootstrap(self.store(), &self.app.clock, name, owner, email).await?;
        Ok(made.key_text)
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.app.store
    }

    /// Serves until Ctrl-C or SIGTERM, then stops.
    pub async fn until_interrupted(self) {
        interrupted().await;
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

/// Every function's routes on one listener.
fn routes(app: &App, policy: &AddressPolicy, queue: &HintQueue) -> Router {
    functions(policy, queue).into_iter().fold(Router::new(), |all, (_, routes)| all.merge(routes.router(app)))
}

/// The HTTP functions by name: also what the template is held against.
#[must_use]
pub fn functions(policy: &AddressPolicy, queue: &HintQueue) -> Vec<(&'static str, lambdesk_api::function::Routes)> {
    vec![
        ("tickets", lambdesk_tickets::routes()),
        ("messages", lambdesk_messages::routes()),
        ("contacts", lambdesk_contacts::routes()),
        ("directory", lambdesk_directory::routes(None)),
        ("docs", lambdesk_docs::routes().beside_others()),
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
fn bucket(address: SocketAddr) -> Bucket {
    let secret = format!("{:032x}", u128::from_be_bytes(secret_bytes()));
    Bucket {
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

fn store(engine: &Engine) -> Store {
    let credentials = Credentials::from_keys("local", "local", None);
    let aws = Aws { region: "local".to_owned(), credentials, dynamodb_url: Some(engine.url()), sqs_url: None };
    Store::new(aws::dynamo_client(&aws), TABLE)
}

async fn open_table(engine: &Engine) -> Result<Store, StartError> {
    let store = store(engine);
    store.create_table().await?;
    store.check_format().await??;
    Ok(store)
}

/// The sealing key and, where its file is, the one before.
fn sealing_key(options: &Options) -> Result<SealingKey, StartError> {
    if options.memory {
        return Ok(SealingKey::new(&secret_bytes()));
    }
    let current = current_key(&options.data)?;
    let sealing = SealingKey::new(&current);
    Ok(match previous_key(&options.data, &current)? {
        Some(previous) => sealing.with_previous(SealingKey::new(&previous)),
        None => sealing,
    })
}

/// Made once per data folder, readable by its owner only.
fn current_key(folder: &Path) -> Result<[u8; 32], StartError> {
    let path = folder.join("sealing.key");
    let key = match fs::read(&path) {
        Ok(bytes) => bytes.try_into().ok(),
        Err(_) => None,
    };
    if let Some(key) = key {
        return Ok(key);
    }
    let key: [u8; 32] = secret_bytes();
    write_private(&path, &key).map_err(|reason| StartError::Folder { folder: folder.to_owned(), reason })?;
    Ok(key)
}

/// What `sealing.key` was before somebody renamed it to rotate it.
fn previous_key(folder: &Path, current: &[u8; 32]) -> Result<Option<[u8; 32]>, StartError> {
    let path = folder.join("sealing.key.previous");
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => {
            let key = read.ok().and_then(|bytes| bytes.try_into().ok()).filter(|key| key != current);
            key.map(Some).ok_or(StartError::PreviousKey(path))
        }
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the listener failed");
    }
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return drop(tokio::signal::ctrl_c().await);
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
