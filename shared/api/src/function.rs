//! An HTTP function: its routes, and how its binary runs them.

use crate::{layer, seal::SealingKey, state::App};
use axum::{
    Router,
    extract::Request,
    handler::Handler,
    http::Method,
    middleware::{Next, from_fn},
    response::Response,
    routing::{MethodFilter, MethodRouter},
};
use lambdesk_runtime::{Config, ConfigError, Error, aws};
use lambdesk_table::measured;
use std::{any::TypeId, process::ExitCode};

/// The routes of a function, listed once: they serve, and tests hold the template
/// and the `OpenAPI` document against them.
pub struct Routes<S = App> {
    paths: Vec<&'static str>,
    served: Vec<Served>,
    router: Router<S>,
}

/// One operation: what is served where, by which handler.
#[derive(Debug, Clone)]
pub struct Served {
    /// As axum spells it.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// The handler's type: every function has its own.
    pub handler: TypeId,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { paths: Vec::new(), served: Vec::new(), router: Router::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more path.
    #[must_use]
    pub fn at(mut self, path: &'static str, methods: Methods<S>) -> Self {
        self.paths.push(path);
        let Methods { router, handlers } = methods;
        self.served.extend(handlers.into_iter().map(|(method, handler)| Served { path, method, handler }));
        Self { router: self.router.route(path, router), ..self }
    }

    /// The paths, as axum spells them.
    #[must_use]
    pub fn paths(&self) -> &[&'static str] {
        &self.paths
    }

    /// Every operation.
    #[must_use]
    pub fn served(&self) -> &[Served] {
        &self.served
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// As a function whose state is made of what all functions have.
    #[must_use]
    pub fn over(self, state: impl FnOnce(&App) -> S + Send + 'static) -> Function {
        let Self { paths, served, router } = self;
        Function { paths, served, serve: Box::new(move |app| router.with_state(state(app))) }
    }
}

impl Routes<()> {
    /// The router that serves them, with nothing at hand.
    pub fn bare_router(self) -> Router {
        layer::edge(self.router, layer::new_request_id)
    }
}

/// An HTTP function: its routes, and how they are served.
pub struct Function {
    paths: Vec<&'static str>,
    served: Vec<Served>,
    serve: Box<dyn FnOnce(&App) -> Router + Send>,
}

impl Function {
    /// The paths, as axum spells them.
    #[must_use]
    pub fn paths(&self) -> &[&'static str] {
        &self.paths
    }

    /// Every operation.
    #[must_use]
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// The router that serves it, with what all functions have in common: request ids,
    /// problem documents, limits, and a meter for each request.
    pub fn router(self, app: &App) -> Router {
        layer::edge((self.serve)(app).layer(from_fn(meter)), layer::new_request_id)
    }
}

/// Leaves with the response what its request has used of the table.
async fn meter(request: Request, next: Next) -> Response {
    let (mut response, usage) = measured(next.run(request)).await;
    tracing::debug!(round_trips = usage.round_trips(), depth = usage.depth(), units = usage.units(), "table");
    response.extensions_mut().insert(usage);
    response
}

/// The methods of one path: axum's router, and which handlers it has.
pub struct Methods<S = App> {
    router: MethodRouter<S>,
    handlers: Vec<(Method, TypeId)>,
}

impl<S: Clone> Default for Methods<S> {
    fn default() -> Self {
        Self { router: MethodRouter::new(), handlers: Vec::new() }
    }
}

macro_rules! methods {
    ($($name:ident = $method:ident;)*) => {
        $(
            #[doc = concat!("A path whose ", stringify!($method), " this handler answers.")]
            pub fn $name<H, T, S>(handler: H) -> Methods<S>
            where
                H: Handler<T, S>,
                T: 'static,
                S: Clone + Send + Sync + 'static,
            {
                Methods::default().$name(handler)
            }
        )*

        impl<S: Clone + Send + Sync + 'static> Methods<S> {
            $(
                #[doc = concat!("Whose ", stringify!($method), " this handler answers.")]
                #[must_use]
                pub fn $name<H: Handler<T, S>, T: 'static>(mut self, handler: H) -> Self {
                    self.handlers.push((Method::$method, TypeId::of::<H>()));
                    Self { router: self.router.on(MethodFilter::$method, handler), ..self }
                }
            )*
        }
    };
}

methods! {
    delete = DELETE;
    get = GET;
    options = OPTIONS;
    patch = PATCH;
    post = POST;
    put = PUT;
}

impl<S> Methods<S> {
    /// With something around all of them: an extension, a middleware.
    #[must_use]
    pub fn wrapped(self, wrap: impl FnOnce(MethodRouter<S>) -> MethodRouter<S>) -> Self {
        Self { router: wrap(self.router), ..self }
    }
}

/// What the `main` of every HTTP function is: its routes over the table, until
/// Lambda ends it. The routes may depend on the configuration.
pub fn run(function: impl FnOnce(&Config) -> Result<Function, Error>) -> ExitCode {
    lambdesk_runtime::main(async |config| {
        let sealing = sealing(&config)?;
        let app = App { objects: aws::objects(&config), ..App::new(&aws::table(&config), sealing) };
        lambdesk_runtime::serve(&config, function(&config)?.router(&app)).await
    })
}

/// The sealing key, during a rotation with the one before it.
fn sealing(config: &Config) -> Result<SealingKey, ConfigError> {
    let current = SealingKey::new(&config.sealing_key()?);
    Ok(match config.previous_sealing_key()? {
        Some(previous) => current.with_previous(SealingKey::new(&previous)),
        None => current,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    fn config(current: u8, previous: Option<u8>) -> Config {
        let key = |seed| STANDARD.encode([seed; 32]);
        let config = Config::read(|name| match name {
            "LAMBDESK_SEALING_KEY" => Some(key(current)),
            "LAMBDESK_SEALING_KEY_PREVIOUS" => previous.map(key),
            "LAMBDESK_DUE_SHARDS" => None,
            name => name.starts_with("AWS_ENDPOINT").then(String::new).or_else(|| Some("test".to_owned())),
        });
        config.expect("complete")
    }

    #[test]
    fn a_function_makes_with_its_key_and_takes_what_the_one_before_made() {
        let mac = |seed| SealingKey::new(&[seed; 32]).mac("test", &[]);
        let alone = sealing(&config(2, None)).expect("a key");
        assert_eq!(alone.macs("test", &[]).collect::<Vec<_>>(), [mac(2)]);
        let rotated = sealing(&config(2, Some(1))).expect("two keys");
        assert_eq!(rotated.macs("test", &[]).collect::<Vec<_>>(), [mac(2), mac(1)]);
        assert!(sealing(&config(2, Some(2))).is_err());
    }
}
