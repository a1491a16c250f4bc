//! What Lambda tells a function of its surroundings.

use std::time::Duration;

/// The region, account and function version that a function sees.
pub const REGION: &str = "eu-central-1";
/// See [`REGION`].
pub const ACCOUNT: &str = "123456789012";

/// How long a function may take for one invocation: API Gateway's limit, which
/// is shorter than any that Lambda sets.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// The variables that Lambda sets for every function ("Defined runtime
/// environment variables" in its documentation), those of the Runtime API aside.
pub(super) fn lambda_variables(name: &str) -> [(&'static str, String); 14] {
    [
        ("_HANDLER", "bootstrap".to_owned()),
        ("_X_AMZN_TRACE_ID", trace_id(0)),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_SESSION_TOKEN", "test".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".to_owned()),
    ]
}

/// An X-Ray trace header, not sampled.
pub(super) fn trace_id(number: u64) -> String {
    format!("Root=1-00000000-{number:024x};Parent={number:016x};Sampled=0")
}
