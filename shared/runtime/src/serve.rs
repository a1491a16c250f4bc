//! Running a function under Lambda.

use crate::{Config, gateway, logs};
use lambda_http::{Adapter, Service as _, aws_lambda_events::apigw::ApiGatewayV2httpRequest};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::{convert::Infallible, process::ExitCode};

/// Why a function could not start or stopped serving.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What every `main` is: logs, configuration, one thread, and the function. An
/// error is logged in one sentence and ends the process, which Lambda reports as
/// a failed start.
///
/// One thread because a function serves one event at a time and waits for most
/// of it; a second would only be started and stopped.
pub fn main<F, S>(function: F) -> ExitCode
where
    F: FnOnce(Config) -> S,
    S: Future<Output = Result<(), Error>>,
{
    logs::init();
    match run(function) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function could not run");
            ExitCode::FAILURE
        }
    }
}

fn run<F, S>(function: F) -> Result<(), Error>
where
    F: FnOnce(Config) -> S,
    S: Future<Output = Result<(), Error>>,
{
    let config = Config::from_env()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Inside, so that making clients can start tasks.
    runtime.block_on(async { function(config).await })
}

/// Answers API Gateway's HTTP requests (payload format 2.0) until the process is
/// told to stop: the stage is `$default`, and what API Gateway sends is mended first.
///
/// # Errors
/// When the Runtime API can't be reached.
pub async fn serve(config: &Config, router: axum::Router) -> Result<(), Error> {
    let adapter = Adapter::from(router.layer(axum::middleware::from_fn(gateway::answer_below)));
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let LambdaEvent { payload, context } = event;
        let payload = gateway::request(payload, &config.base_path);
        adapter.clone().call(LambdaEvent { payload, context })
    }))
    .await
}

/// Answers the events of a stream, a queue or a schedule until the process is
/// told to stop. The handler decides about failures itself: what it answers is
/// the answer.
///
/// # Errors
/// When the Runtime API can't be reached.
pub async fn serve_batch<F, A>(handler: F) -> Result<(), Error>
where
    F: Fn(Value) -> A,
    A: Future<Output = Value>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        // Boxed, because a batch's future is large and would be moved about.
        let answer = Box::pin(handler(event.payload));
        async { Ok::<_, Infallible>(answer.await) }
    }))
    .await
}
