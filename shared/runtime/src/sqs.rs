//! The client of the queue in the cloud.

use crate::{
    aws::{ATTEMPT, CONNECT, embedded_roots},
    config::Aws,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sqs::config::{
    BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::time::Duration;

/// For one operation with all its attempts, well below the functions' own timeouts.
const OPERATION: Duration = Duration::from_secs(6);
/// Including the first.
const ATTEMPTS: u32 = 3;

/// A client for SQS. Credentials are static, so none are cached; answers come whole and
/// under a deadline, so stalled streams need no watch.
#[must_use]
pub fn sqs_client(aws: &Aws) -> aws_sdk_sqs::Client {
    let url = aws.sqs_url.as_deref();
    let mut config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(aws.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(aws.credentials.clone()))
        .identity_cache(IdentityCache::no_cache())
        .http_client(http_client(url))
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(url.map(str::to_owned));
    aws_sdk_sqs::Client::from_conf(config.build())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn http_client(url: Option<&str>) -> SharedHttpClient {
    if url.is_some_and(|url| url.starts_with("http://")) {
        return Builder::new().build_http();
    }
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(embedded_roots()).build_https()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SDK parses the roots when the client is made and panics if it can't.
    #[tokio::test]
    async fn the_client_accepts_the_embedded_roots() {
        let credentials = aws_credential_types::Credentials::from_keys("id", "secret", None);
        let region = "eu-central-1".to_owned();
        let _ = sqs_client(&Aws { region, credentials, dynamodb_url: None, sqs_url: None });
    }
}
