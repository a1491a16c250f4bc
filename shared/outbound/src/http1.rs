//! One HTTP/1.1 request and its answer on a connection of its own.

use std::pin::pin;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::answer::excerpt;
use crate::{EndpointUrl, ExchangeError, Limits, ReceiverAnswer, RetryAfter};

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("Lambdesk-Webhooks/", env!("CARGO_PKG_VERSION")));

/// An answer's head may have this many headers and bytes.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Headers that belong to the connection and not to the caller.
const CONNECTION_HEADERS: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A connected byte stream, plain or TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A POST to the endpoint. Headers of the connection are ours, `User-Agent` too;
/// `Content-Type` is JSON unless the caller says otherwise.
pub(crate) fn request(url: &EndpointUrl, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    for name in &CONNECTION_HEADERS {
        headers.remove(name);
    }
    headers.insert(header::HOST, url.authority.clone());
    headers.insert(header::USER_AGENT, USER_AGENT);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));

    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.path_and_query.clone().into();
    *request.headers_mut() = headers;
    request
}

/// Sends the request and reads the answer; the connection ends with it.
pub(crate) async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
    limits: &Limits,
) -> Result<ReceiverAnswer, ExchangeError> {
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(protocol)?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async move {
        let response = sender.send_request(request).await.map_err(protocol)?;
        read(response, limits).await
    });
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // It may end first, with the rest of the answer still to be picked up.
        _ = &mut connection => answer.await,
    }
}

async fn read(response: Response<Incoming>, limits: &Limits) -> Result<ReceiverAnswer, ExchangeError> {
    let (head, mut body) = response.into_parts();
    let mut read = Vec::new();
    let truncated = loop {
        match body.frame().await {
            None => break false,
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                let room = limits.body - read.len();
                read.extend_from_slice(data.get(..room).unwrap_or(&data));
                if data.len() > room {
                    break true;
                }
            }
            // A body that lasts until the connection closes has no other end
            // than that, and over TLS many servers close without saying so.
            Some(Err(_)) if ends_by_close(&head.headers) => break true,
            Some(Err(_)) => return Err(ExchangeError::Protocol),
        }
    };
    Ok(ReceiverAnswer {
        status: head.status,
        retry_after: RetryAfter::from_headers(&head.headers),
        excerpt: excerpt(&read, limits.excerpt),
        truncated,
    })
}

fn ends_by_close(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING)
}

/// Hyper's texts may quote what the peer sent, so they go no further.
fn protocol(_: hyper::Error) -> ExchangeError {
    ExchangeError::Protocol
}
