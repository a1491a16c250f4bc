#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::indexing_slicing, reason = "temporary")]
use axum::{Router, extract::State, routing::any};
use lambdesk_domain::{
    access::*, command::*, contact::Requester, id::*, patch::Field, status::*, sweep::Run, webhook::*,
};
use lambdesk_engine::{Engine, Position, Storage};
use lambdesk_runtime::*;
use lambdesk_store::*;
use lambdesk_testkit::runtime_api::{RuntimeApi, events};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;

fn bin(name: &str) -> PathBuf {
    PathBuf::from(std::env::var("BIN_DIR").unwrap()).join(name)
}

async fn server(tx: mpsc::UnboundedSender<(String, String)>) -> String {
    async fn h(
        State(tx): State<mpsc::UnboundedSender<(String, String)>>,
        req: axum::extract::Request,
    ) -> ([(&'static str, &'static str); 1], String) {
        let path = format!(
            "{} sig={:?} id={:?}",
            req.uri().path(),
            req.headers().get("webhook-signature").is_some(),
            req.headers().get("webhook-id")
        );
        let body = axum::body::to_bytes(req.into_body(), 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        tx.send((path, body.clone())).unwrap();
        let v: Value = serde_json::from_str(&body).unwrap_or_default();
        let ok: Vec<_> = v["Entries"]
            .as_array()
            .map(|e| e.iter().map(|e| json!({"Id": e["Id"], "MessageId":"m","MD5OfMessageBody":"d"})).collect())
            .unwrap_or_default();
        ([("content-type", "application/x-amz-json-1.0")], json!({"Successful": ok, "Failed": []}).to_string())
    }
    let l = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", l.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(l, Router::new().fallback(any(h)).with_state(tx)).await });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smoke() {
    let engine = Engine::open(Storage::Memory).unwrap();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let other = server(tx).await;
    let queue_url = format!("{other}/123456789012/hints");
    let url = engine.url();
    let vars = [
        ("LAMBDESK_TABLE", "lambdesk-test"),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.as_str()),
        ("AWS_ENDPOINT_URL_SQS", other.as_str()),
        ("LAMBDESK_QUEUE_URL", queue_url.as_str()),
        ("LAMBDESK_ALLOWED_HOSTS", "127.0.0.1"),
    ];
    let config = Config::read(|n| {
        vars.iter()
            .find(|(k, _)| *k == n)
            .map(|(_, v)| v.to_string())
            .or_else(|| n.starts_with("AWS_").then(|| "x".to_owned()).filter(|_| !n.contains("URL")))
    })
    .unwrap();
    let store = Store::new(aws::dynamo_client(&config.aws), "lambdesk-test");
    store.create_table().await.unwrap();
    let ws = WorkspaceId::new(new_uuid());
    let endpoint = Endpoint {
        id: EndpointId::new(new_uuid()),
        workspace_id: ws,
        name: None,
        url: format!("{other}/hook"),
        types: vec![Subscription::All],
        channel_ids: vec![],
        secrets: vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()],
        disabled: None,
        failing_since: None,
        created_at: now(),
    };
    store.put_endpoint(&endpoint).await.unwrap();
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: now(),
    };
    let new = NewTicket {
        workspace_id: ws,
        id: TicketId::new(new_uuid()),
        number: TicketNumber(1),
        subject: "x".parse().unwrap(),
        status: Status::Open,
        priority: Priority::Normal,
        is_held: false,
        source: Source::Api,
        channel: None,
        category: None,
        team: None,
        assignee: None,
        contact: None,
        account: None,
        requester: Requester::default(),
        tags: [].into(),
        custom: [].into(),
        uid: None,
        summary: None,
        follow_up_at: Some(now().plus(Duration::from_millis(1))),
        opening: None,
        continues: None,
    };
    let (ticket, _) = create(new, &context).unwrap();
    store.create_ticket(&ticket, NewItems::default()).await.unwrap();

    let records: Vec<_> =
        engine.read_stream("lambdesk-test", Position::START, 10).unwrap().into_iter().map(|r| r.event).collect();
    let fanout = RuntimeApi::start().await.unwrap().spawn(&bin("fanout"), &vars).unwrap();
    println!("fanout first next {:?}", fanout.first_next().await);
    println!("fanout -> {:?}", fanout.invoke(events::stream(&records)).await);
    println!("event {:?}", store.event(ws, ticket.id, Version(1)).await.unwrap().map(|e| e.kind));
    let (path, body) = rx.recv().await.unwrap();
    println!("sqs got {path} {body}");
    let hint = serde_json::from_str::<Value>(&body).unwrap()["Entries"][0]["MessageBody"].as_str().unwrap().to_owned();

    let deliver = RuntimeApi::start().await.unwrap().spawn(&bin("deliver"), &vars).unwrap();
    println!("deliver first next {:?}", deliver.first_next().await);
    println!("deliver -> {:?}", deliver.invoke(events::sqs(&[&hint])).await);
    println!("receiver got {:?}", rx.recv().await.unwrap());
    let log = store.deliveries(ws, endpoint.id, None, 5).await.unwrap().items;
    println!("delivery {:?} {:?}", log[0].state, log[0].attempts);

    let sweep = RuntimeApi::start().await.unwrap().spawn(&bin("sweep"), &vars).unwrap();
    println!("sweep first next {:?}", sweep.first_next().await);
    let run: Run = serde_json::from_value(sweep.invoke(events::schedule()).await.unwrap()).unwrap();
    println!("sweep -> {run:?}");
    println!("ticket {:?}", store.ticket(ws, ticket.id).await.unwrap().map(|t| (t.version, t.follow_up_at)));
    for (n, f) in [("fanout", &fanout), ("deliver", &deliver), ("sweep", &sweep)] {
        println!("{n} peak {} KiB logs: {}", f.peak_memory().unwrap(), f.logs().unwrap());
    }
    // a missing variable
    let broken = RuntimeApi::start().await.unwrap().spawn(&bin("deliver"), &[]).unwrap();
    println!("broken {:?}", broken.first_next().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts() {
    let engine = Engine::open(Storage::Memory).unwrap();
    let url = engine.url();
    let mut vars = vec![("LAMBDESK_TABLE", "lambdesk-test"), ("LAMBDESK_QUEUE_URL", "http://x/y")];
    let tls = std::env::var("TLS").is_ok();
    if !tls {
        vars.push(("AWS_ENDPOINT_URL", url.as_str()));
    }
    let warm = std::env::var("WARM").unwrap_or_default();
    vars.push(("LAMBDESK_WARM", &warm));
    let config = Config::read(|n| {
        if n == "AWS_ENDPOINT_URL" {
            Some(url.clone())
        } else {
            (!n.contains("URL")).then(|| "lambdesk-test".to_owned())
        }
    })
    .unwrap();
    let store = Store::new(aws::dynamo_client(&config.aws), "lambdesk-test");
    store.create_table().await.unwrap();
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: now(),
    };
    let new = NewTicket {
        workspace_id: WorkspaceId::new(new_uuid()),
        id: TicketId::new(new_uuid()),
        number: TicketNumber(1),
        subject: "x".parse().unwrap(),
        status: Status::Open,
        priority: Priority::Normal,
        is_held: false,
        source: Source::Api,
        channel: None,
        category: None,
        team: None,
        assignee: None,
        contact: None,
        account: None,
        requester: Requester::default(),
        tags: [].into(),
        custom: [].into(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: None,
        continues: None,
    };
    let (ticket, _) = create(new, &context).unwrap();
    store.create_ticket(&ticket, NewItems::default()).await.unwrap();
    let records: Vec<_> =
        engine.read_stream("lambdesk-test", Position::START, 10).unwrap().into_iter().map(|r| r.event).collect();
    for name in std::env::var("NAMES").unwrap_or("fanout".into()).split(',') {
        let (mut firsts, mut totals) = (vec![], vec![]);
        for _ in 0..41 {
            let began = std::time::Instant::now();
            let f = RuntimeApi::start().await.unwrap().spawn(&bin(name), &vars).unwrap();
            firsts.push(f.first_next().await.unwrap());
            if !tls {
                f.invoke(if name == "sweep" { events::schedule() } else { events::stream(&records) }).await.unwrap();
                totals.push(began.elapsed());
            }
            drop(f);
        }
        firsts.sort();
        totals.sort();
        println!(
            "{name} tls={tls} warm={warm:?}: first next median {:?} min {:?}; to first answer {:?}",
            firsts[20],
            firsts[0],
            totals.get(20)
        );
    }
}
