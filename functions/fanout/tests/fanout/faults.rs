//! The table behind a proxy that fails the requests which name something.

use std::sync::Arc;

use axum::{Router, body::Body, body::to_bytes, extract::Request, extract::State, response::Response};
use http_body_util::Full;
use hyper::{StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

struct Faults {
    upstream: String,
    needle: String,
}

/// The URL of an engine on which every request with `needle` in its body is
/// answered `InternalServerError`, as `DynamoDB` answers its own failures.
pub async fn failing(upstream: &str, needle: &str) -> String {
    let upstream = upstream.trim_start_matches("http://").to_owned();
    let faults = Arc::new(Faults { upstream, needle: needle.to_owned() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass).with_state(faults);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn pass(State(faults): State<Arc<Faults>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if String::from_utf8_lossy(&body).contains(&faults.needle) {
        let error = Body::from(r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#);
        return Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(error).unwrap();
    }
    let stream = TcpStream::connect(&faults.upstream).await.unwrap();
    let (mut sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = sender.send_request(hyper::Request::from_parts(parts, Full::new(body))).await.unwrap();
    answer.map(Body::new)
}
