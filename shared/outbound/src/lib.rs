//! Everything that one outgoing webhook POST needs, and nothing that stores,
//! schedules or retries it.
//!
//! - [`SigningSecret`] and [`sign`]: the Standard Webhooks headers (`whsec_`
//!   secrets, `v1` HMAC-SHA256); [`verify`] is the receiver's half.
//! - [`AddressPolicy`] and [`EndpointUrl`]: where a POST may go. Only public
//!   addresses, except for the hosts that the operator names.
//! - [`WebhookClient`]: one bounded HTTP/1.1 exchange. It resolves, checks, connects,
//!   checks again, sends, and reads a limited answer under one deadline. It
//!   follows no redirect, uses no proxy and keeps no connection.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use lambdesk_outbound::{
//!     AddressPolicy, EndpointUrl, SignedMessage, SigningSecret, WebhookClient, WebhookMessageId, sign,
//! };
//!
//! let policy = AddressPolicy::public_only();
//! let client = WebhookClient::new(policy.clone());
//! let url = EndpointUrl::parse("https://hooks.example.com/lambdesk", &policy)?;
//! let secret = SigningSecret::generate([7; 32]);
//! let id = WebhookMessageId::parse("evt_1")?;
//!
//! let body = br#"{"type":"ticket.created"}"#;
//! let headers = sign(&SignedMessage { id: &id, timestamp: 1_760_000_000, body }, &secret, &[]);
//! let answer = client.post(&url, headers, body.to_vec()).await?;
//! assert!(answer.status.is_success());
//! # Ok(())
//! # }
//! ```

mod answer;
mod endpoint;
mod error;
mod exchange;
mod guard;
mod http1;
mod limits;
mod network;
mod policy;
mod secret;
mod signature;

pub use answer::{ReceiverAnswer, RetryAfter};
pub use endpoint::{EndpointUrl, EndpointUrlError, MAX_URL_LENGTH};
pub use error::{ExchangeError, TlsFault};
pub use exchange::WebhookClient;
pub use guard::is_public;
pub use limits::Limits;
pub use network::{Internet, Network};
pub use policy::{AddressPolicy, AllowedHostError};
pub use secret::{SigningSecret, SigningSecretError};
pub use signature::{
    DEFAULT_TOLERANCE, SIGNATURE_HEADER, SignedMessage, TIMESTAMP_HEADER, VerifyError, WEBHOOK_ID_HEADER,
    WebhookMessageId, WebhookMessageIdError, sign, verify,
};
