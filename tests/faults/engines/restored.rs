//! W10: the steps of infra/README.md, "Restore a table", against an engine that knows them.

use super::{
    server::{EngineKind, EngineServer},
    stream::TableStream,
};
use lambdesk_testkit::runtime_api::events;
use lambdesk_tests::{Json, json};
use lambdesk_tests::{
    cloud::{Cloud, TABLE},
    local::dynamodb,
};

const RESTORED: &str = "lambdesk-restored";

/// The steps of the README, without those of `CloudFormation`.
async fn restore(url: &str) {
    let recovery = |table: &str| json!({"TableName": table, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    // The template has switched it on.
    dynamodb(url, "UpdateContinuousBackups", &recovery(TABLE)).await;
    let point = json!({"SourceTableName": TABLE, "TargetTableName": RESTORED, "UseLatestRestorableTime": true});
    dynamodb(url, "RestoreTableToPointInTime", &point).await;
    let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    let update = json!({"TableName": RESTORED, "DeletionProtectionEnabled": true, "StreamSpecification": stream});
    dynamodb(url, "UpdateTable", &update).await;
    let expiry = json!({"Enabled": true, "AttributeName": "expires_at"});
    dynamodb(url, "UpdateTimeToLive", &json!({"TableName": RESTORED, "TimeToLiveSpecification": expiry})).await;
    dynamodb(url, "UpdateContinuousBackups", &recovery(RESTORED)).await;
}

/// Hands what a table's stream has to fan-out.
async fn followed(cloud: &Cloud, stream: &mut TableStream) {
    let records = cloud.let_through(stream.records().await);
    let answer = cloud.invoke("fanout", events::stream(&records)).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs an engine from PyPI: make engines"]
async fn w10_a_restored_table_serves_on() {
    let engine = EngineServer::start(EngineKind::Moto).await;
    let before = Cloud::start_with(&[("AWS_ENDPOINT_URL_DYNAMODB", &engine.url)]).await;
    for subject in ["One", "Two"] {
        let body = json!({"subject": subject, "message": {"body_text": "The lamp."}});
        before.owner.post("/v1/tickets", body).await.created();
    }
    followed(&before, &mut TableStream::of(&engine.url, TABLE).await).await;
    let listed = before.owner.get("/v1/tickets?sort=number").await.ok();
    let found = before.owner.get("/v1/tickets?q=lamp").await.ok();

    restore(&engine.url).await;
    let after = Cloud::of_table(&engine.url, RESTORED, &before.authorization).await;
    assert_eq!(after.owner.get("/v1/tickets?sort=number").await.ok(), listed);
    assert_eq!(after.owner.get("/v1/tickets?q=lamp").await.ok(), found);
    let mut stream = TableStream::of(&engine.url, RESTORED).await;
    let made = after.owner.post("/v1/tickets", json!({"subject": "Three"})).await.created();
    assert!(made["number"].as_u64() > listed[1]["number"].as_u64(), "numbers go on");
    followed(&after, &mut stream).await;
    let log = after.owner.get(&format!("/v1/tickets/{}/activities", made["id"].as_str().unwrap())).await.ok();
    assert_eq!(log[0]["type"], "ticket.created", "its stream reaches fan-out");
    let run = after.invoke("sweep", events::schedule()).await;
    assert_eq!((&run["errors"], &run["is_complete"]), (&json!(0), &json!(true)), "{run}");
    // What was left as it was knows nothing of it.
    let subjects = |tickets: &Json| tickets.as_array().map(Vec::len);
    assert_eq!(subjects(&before.owner.get("/v1/tickets").await.ok()), Some(2));
}
