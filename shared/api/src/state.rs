//! What every handler has at hand: the store, the sealing key and the clock.

use crate::{problem::Problem, seal::SealingKey};
use axum::{
    Router,
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use lambdesk_objects::Objects;
use lambdesk_runtime::Clock;
use lambdesk_store::Store;
use std::{convert::Infallible, sync::Arc};
use uuid::Uuid;

/// The state of an HTTP function. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The table; handlers take the metered one from [`Metered`].
    pub store: Store,
    /// Object storage, in functions that are given a bucket.
    pub objects: Option<Objects>,
    /// Seals cursors and remembered answers, signs sessions and public tokens.
    pub sealing: Arc<SealingKey>,
    /// The time.
    pub clock: Clock,
}

impl App {
    /// Over this store and key, with the system's clock.
    #[must_use]
    pub fn new(store: Store, sealing: SealingKey) -> Self {
        Self { store, objects: None, sealing: Arc::new(sealing), clock: Clock::system() }
    }

    /// Object storage.
    ///
    /// # Errors
    /// 500 in a function that was given no bucket: a defect of the set-up.
    pub fn objects(&self) -> Result<&Objects, Problem> {
        self.objects.as_ref().ok_or_else(|| {
            tracing::error!("this function was given no bucket");
            Problem::internal()
        })
    }

    /// A fresh id that sorts by creation.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.clock.new_uuid()
    }

    /// Wraps a function's routes in what all have in common: request ids, problem
    /// documents, limits, and a meter for each request.
    pub fn serve(&self, routes: Router<Self>) -> Router {
        let metered = routes.layer(from_fn_with_state(self.clone(), meter)).with_state(self.clone());
        crate::layer::edge(metered, crate::layer::new_request_id)
    }
}

/// The store of one request, which counts what the request costs.
#[derive(Debug, Clone)]
pub struct Metered(pub Store);

impl FromRequestParts<App> for Metered {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(app.store.metered())))
    }
}

/// Gives the request its own meter and leaves what was used with the response.
async fn meter(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let store = app.store.metered();
    request.extensions_mut().insert(Metered(store.clone()));
    let mut response = next.run(request).await;
    let usage = store.usage();
    tracing::debug!(round_trips = usage.round_trips(), depth = usage.depth(), units = usage.units(), "table");
    response.extensions_mut().insert(usage);
    response
}
