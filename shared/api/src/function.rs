//! An HTTP function: its routes, and how its binary runs them.

use crate::{seal::SealingKey, state::App};
use axum::{Router, routing::MethodRouter};
use lambdesk_runtime::{Config, Error, aws};
use std::process::ExitCode;

/// The routes of a function, listed once: they serve, and tests hold them
/// against the template.
#[derive(Default)]
pub struct Routes {
    paths: Vec<&'static str>,
    router: Router<App>,
}

impl Routes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more path.
    #[must_use]
    pub fn at(mut self, path: &'static str, methods: MethodRouter<App>) -> Self {
        self.paths.push(path);
        Self { router: self.router.route(path, methods), ..self }
    }

    /// The paths, as axum spells them.
    #[must_use]
    pub fn paths(&self) -> &[&'static str] {
        &self.paths
    }

    /// The router that serves them.
    pub fn router(self, app: &App) -> Router {
        app.serve(self.router)
    }
}

/// What the `main` of every HTTP function is: its routes over the table, until
/// Lambda ends it. The routes may depend on the configuration.
pub fn run(routes: impl FnOnce(&Config) -> Result<Routes, Error>) -> ExitCode {
    lambdesk_runtime::main(async |config| {
        let sealing = SealingKey::new(&config.sealing_key()?);
        let app = App::new(aws::store(&config), sealing);
        lambdesk_runtime::serve(routes(&config)?.router(&app)).await
    })
}
