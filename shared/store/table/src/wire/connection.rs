//! Where the table is, and one exchange with it.

use super::{
    failure::{Failure, refusal},
    pool::Pool,
    sign::{Signer, TYPE},
};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use lambdesk_domain::time::Timestamp;
use serde::de::DeserializeOwned;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::timeout;

/// The version of the protocol, before every operation's name.
const VERSION: &str = "DynamoDB_20120810";

/// Where `DynamoDB` is, as whom it is asked, and over what. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection(Arc<ConnectionParts>);

#[derive(Debug)]
struct ConnectionParts {
    url: String,
    signer: Signer,
    pool: Pool,
    patience: Duration,
}

impl Connection {
    /// To a region, or to another endpoint than the region's, over connectors that are
    /// made like this. Nothing is opened before the first request; each gets so much time for
    /// its answer.
    #[must_use]
    pub fn new(
        region: &str,
        url: Option<&str>,
        credentials: Credentials,
        connector: impl Fn() -> SharedHttpConnector + Send + Sync + 'static,
        patience: Duration,
    ) -> Self {
        let url = url.map_or_else(|| endpoint(region), |url| url.trim_end_matches('/').to_owned());
        let signer = Signer::new(region, host(&url), credentials);
        Self(Arc::new(ConnectionParts { url, signer, pool: Pool::new(connector), patience }))
    }

    /// Asks once.
    pub(crate) async fn exchange<A: DeserializeOwned>(
        &self,
        operation: &'static str,
        body: &[u8],
    ) -> Result<A, Failure> {
        let now = now();
        let request = self.request(operation, body, now)?;
        let (generation, http) = self.0.pool.connector(now);
        let exchange = async {
            let answer = http
                .call(request)
                .await
                .map_err(|error| if error.is_timeout() { Failure::Unanswered } else { Failure::Disconnected })?;
            let status = answer.status();
            let body = ByteStream::new(answer.into_body()).collect().await.map_err(|_| Failure::Unreadable)?;
            Ok((status, body.into_bytes()))
        };
        let answer = timeout(self.0.patience, exchange).await.unwrap_or(Err(Failure::Unanswered));
        if answer.is_err() {
            self.0.pool.failed(generation);
        }
        let (status, body) = answer?;
        // A success that is no answer of the service comes from somebody before it.
        let answer = if status.is_success() { serde_json::from_slice(&body).ok() } else { None };
        answer.ok_or_else(|| refusal(status.as_u16(), &body))
    }

    fn request(&self, operation: &'static str, body: &[u8], now: Timestamp) -> Result<HttpRequest, Failure> {
        let ConnectionParts { url, signer, .. } = &*self.0;
        let target = format!("{VERSION}.{operation}");
        let signed = signer.sign(&target, body, now);
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").map_err(|_| Failure::Unsent)?;
        request.set_uri(url.as_str()).map_err(|_| Failure::Unsent)?;
        let headers = request.headers_mut();
        headers.insert("content-type", TYPE);
        headers.insert("x-amz-target", target);
        headers.insert("x-amz-date", signed.date);
        headers.insert("authorization", signed.authorization);
        if let Some(token) = signer.token() {
            headers.insert("x-amz-security-token", token.to_owned());
        }
        Ok(request)
    }
}

fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH.plus(since_1970)
}

/// The region's own endpoint.
fn endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://dynamodb.{region}.{suffix}")
}

/// The host as HTTP names it: without the port that goes without saying.
fn host(url: &str) -> &str {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split('/').next().unwrap_or_default();
    let port = if scheme == "http" { ":80" } else { ":443" };
    host.strip_suffix(port).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_endpoint() {
        assert_eq!(endpoint("eu-west-1"), "https://dynamodb.eu-west-1.amazonaws.com");
        assert_eq!(endpoint("cn-north-1"), "https://dynamodb.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn the_host_that_is_signed_is_the_one_that_is_sent() {
        for (url, expected) in [
            ("https://dynamodb.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"),
            ("http://127.0.0.1:8000", "127.0.0.1:8000"),
            ("http://localhost:80/", "localhost"),
            ("https://localhost:443", "localhost"),
            ("https://localhost:80", "localhost:80"),
        ] {
            assert_eq!(host(url), expected);
        }
    }
}
