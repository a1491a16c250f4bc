//! Requests on their way to the engine and back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};

use super::operators;
use super::switches::{AwsSwitches, AwsTrait};
use super::writes::{UnderWay, WriteGuard, item_key, written};

const THROTTLED: &str = "ProvisionedThroughputExceededException";
/// The engine's own bound.
const LARGEST: usize = 16 * 1024 * 1024;

/// What stands before an engine.
#[derive(Debug, Clone)]
pub(super) struct Front {
    pub engine: SocketAddr,
    pub switches: AwsSwitches,
    pub under_way: UnderWay,
}

/// One request.
struct ForwardedRequest {
    operation: String,
    headers: HeaderMap,
    body: Json,
    raw: Bytes,
}

pub(super) async fn serve(listener: TcpListener, front: Front) {
    let router = Router::new().fallback(handle).layer(DefaultBodyLimit::max(LARGEST)).with_state(front);
    // It ends with the stand-in.
    let _ = axum::serve(listener, router).await;
}

async fn handle(State(front): State<Front>, headers: HeaderMap, raw: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&raw).unwrap_or_default();
    let asked = ForwardedRequest { operation, headers, body, raw };
    if let Some(refused) = front.refused(&asked) {
        return refused;
    }
    let _under_way = match front.begin(&asked).await {
        Ok(guard) => guard,
        Err(refused) => return *refused,
    };
    match front.answered(&asked).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl ForwardedRequest {
    fn is_write(&self) -> bool {
        !matches!(&*self.operation, "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems")
            && !self.operation.ends_with("Table")
            && self.operation != "UpdateTimeToLive"
    }

    fn is_transaction(&self) -> bool {
        self.body.get("TransactItems").is_some()
    }

    fn is_page(&self) -> bool {
        matches!(&*self.operation, "Query" | "Scan")
    }
}

impl Front {
    /// The answer to a request that does not get as far as the engine.
    fn refused(&self, asked: &ForwardedRequest) -> Option<Response> {
        if let Some((status, body)) = self.switches.answer() {
            return Some((StatusCode::from_u16(status).unwrap_or_default(), body).into_response());
        }
        if let Some(message) = operators::refusal(&asked.body) {
            return Some(error("ValidationException", json!({ "message": message })));
        }
        let text = String::from_utf8_lossy(&asked.raw);
        let is_throttled = self.switches.find(|on| match on {
            AwsTrait::ThrottledWrites(naming) => (asked.is_write() && text.contains(naming)).then_some(()),
            AwsTrait::ThrottledReads(naming) => (!asked.is_write() && text.contains(naming)).then_some(()),
            _ => None,
        });
        is_throttled.map(|()| throttled(asked))
    }

    /// Begins a write, where writes are under way for a while.
    async fn begin(&self, asked: &ForwardedRequest) -> Result<Option<WriteGuard>, Box<Response>> {
        let items = if asked.is_write() { written(&asked.body) } else { Vec::new() };
        self.switches.written(&items);
        let time = self.switches.find(|on| match on {
            AwsTrait::Conflicts(time) => Some(*time),
            _ => None,
        });
        // What is in the way of a part of a batch is left undone by AWS; that is not done here.
        let Some(time) = time.filter(|_| !items.is_empty() && asked.body.get("RequestItems").is_none()) else {
            return Ok(None);
        };
        let guard = self.under_way.begin(items, asked.is_transaction()).map_err(|conflicts| {
            let conflict = |is_there: bool| if is_there { "TransactionConflict" } else { "None" };
            Box::new(if asked.is_transaction() {
                cancelled(conflicts.into_iter().map(conflict))
            } else {
                error("TransactionConflictException", json!({"message": "Transaction is ongoing for the item"}))
            })
        })?;
        tokio::time::sleep(time).await;
        Ok(Some(guard))
    }

    /// The engine's answer, as AWS would have given it.
    async fn answered(&self, asked: &ForwardedRequest) -> io::Result<Response> {
        let (status, mut answer) = self.engine(asked, asked.raw.clone()).await?;
        if status == StatusCode::OK && asked.is_page() {
            let mut page: Json = serde_json::from_slice(&answer).map_err(io::Error::other)?;
            let crosses = self.switches.find(|on| (*on == AwsTrait::LargePages).then_some(())).is_some();
            if crosses {
                self.cross(asked, &mut page).await?;
            }
            if asked.body.get("IndexName").is_some() {
                self.leave_out(asked, &mut page);
            }
            answer = page.to_string().into();
        }
        Ok((status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer).into_response())
    }

    /// Adds the item that crosses 1 MB to a page that ends before it.
    async fn cross(&self, asked: &ForwardedRequest, page: &mut Json) -> io::Result<()> {
        let is_at_limit = asked.body.get("Limit").is_some_and(|limit| page.get("ScannedCount") == Some(limit));
        let Some(last) = page.get("LastEvaluatedKey").filter(|_| !is_at_limit).cloned() else {
            return Ok(());
        };
        let mut one_more = asked.body.clone();
        if let Some(request) = one_more.as_object_mut() {
            request.insert("ExclusiveStartKey".to_owned(), last);
            request.insert("Limit".to_owned(), json!(1));
        }
        let (_, answer) = self.engine(asked, one_more.to_string().into()).await?;
        let mut further: Json = serde_json::from_slice(&answer).map_err(io::Error::other)?;
        let more = further.get_mut("Items").and_then(Json::as_array_mut).map(std::mem::take).unwrap_or_default();
        if let Some(items) = page.get_mut("Items").and_then(Json::as_array_mut) {
            items.extend(more);
        }
        let number = |page: &Json, name: &str| page.get(name).and_then(Json::as_u64).unwrap_or_default();
        let sums = ["Count", "ScannedCount"].map(|name| (name, number(page, name) + number(&further, name)));
        let Some(page) = page.as_object_mut() else {
            return Ok(());
        };
        page.extend(sums.map(|(name, sum)| (name.to_owned(), json!(sum))));
        match further.get_mut("LastEvaluatedKey") {
            Some(last) => page.insert("LastEvaluatedKey".to_owned(), last.take()),
            None => page.remove("LastEvaluatedKey"),
        };
        Ok(())
    }

    /// Leaves out what an index that lags does not show yet.
    fn leave_out(&self, asked: &ForwardedRequest, page: &mut Json) {
        let table = asked.body.get("TableName").and_then(Json::as_str).unwrap_or_default().to_owned();
        let Some(items) = page.get_mut("Items").and_then(Json::as_array_mut) else {
            return;
        };
        items.retain(|item| item_key(&table, item).is_none_or(|key| !self.switches.is_unseen(&key)));
        let count = items.len();
        if let Some(page) = page.as_object_mut() {
            page.insert("Count".to_owned(), json!(count));
        }
    }

    /// Asks the engine over a connection of its own.
    async fn engine(&self, asked: &ForwardedRequest, body: Bytes) -> io::Result<(StatusCode, Bytes)> {
        let stream = TcpStream::connect(self.engine).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let mut request = Request::post("/").body(Full::new(body)).map_err(io::Error::other)?;
        *request.headers_mut() = asked.headers.clone();
        request.headers_mut().remove(header::CONTENT_LENGTH);
        let answer = tokio::time::timeout(Duration::from_mins(1), sender.send_request(request)).await?;
        let (parts, body) = answer.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        connection.abort();
        Ok((parts.status, body))
    }
}

fn throttled(asked: &ForwardedRequest) -> Response {
    if asked.is_transaction() {
        let steps = written(&asked.body).len();
        return cancelled(std::iter::repeat_n("ThrottlingError", steps));
    }
    let Some(left) = asked.body.get("RequestItems") else {
        return error(THROTTLED, json!({"message": "The level of configured provisioned throughput is exceeded"}));
    };
    let name = if asked.is_write() { "UnprocessedItems" } else { "UnprocessedKeys" };
    Body::from(json!({"Responses": {}, name: left}).to_string()).into_response()
}

fn cancelled<'a>(codes: impl Iterator<Item = &'a str>) -> Response {
    let reasons: Vec<_> = codes.map(|code| json!({ "Code": code })).collect();
    error("TransactionCanceledException", json!({"Message": "Transaction cancelled", "CancellationReasons": reasons}))
}

fn error(code: &str, mut body: Json) -> Response {
    if let Some(body) = body.as_object_mut() {
        body.insert("__type".to_owned(), json!(format!("com.amazonaws.dynamodb.v20120810#{code}")));
    }
    (StatusCode::BAD_REQUEST, body.to_string()).into_response()
}
