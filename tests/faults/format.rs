//! W10: the format of a table is looked at before the first write, in every function.

use lambdesk_testkit::runtime_api::events;
use lambdesk_tests::json;
use lambdesk_tests::{
    cloud::{Cloud, TABLE},
    local::dynamodb,
};

#[tokio::test]
async fn w10_a_function_writes_nothing_to_a_table_that_a_newer_version_wrote() {
    let cloud = Cloud::start().await;
    cloud.owner.post("/v1/tickets", json!({"subject": "Before"})).await.created();
    let engine = cloud.engine_url();
    let key = json!({"pk": {"S": "meta"}, "sk": {"S": "format"}});
    let marked = dynamodb(&engine, "GetItem", &json!({"TableName": TABLE, "Key": key})).await;
    assert_eq!(marked["Item"]["format"]["N"], "1", "the first function that was started has marked it");
    let newer = json!({"pk": {"S": "meta"}, "sk": {"S": "format"}, "format": {"N": "999"}});
    dynamodb(&engine, "PutItem", &json!({"TableName": TABLE, "Item": newer})).await;
    let count = json!({"TableName": TABLE, "Select": "COUNT"});
    let before = dynamodb(&engine, "Scan", &count).await;
    for (function, path, body) in [
        ("contacts", "/v1/contacts", json!({"name": "Ada"})),
        ("directory", "/v1/teams", json!({"name": "T"})),
        ("webhooks", "/v1/webhooks", json!({"url": "https://hooks.customer.example/", "types": ["*"]})),
    ] {
        let headers = [("authorization", cloud.authorization.as_str()), ("content-type", "application/json")];
        let event = events::api_gateway_v2("POST", path, "", &headers, body.to_string().as_bytes());
        // Refused, or the process has ended already.
        if let Ok(answer) = cloud.try_invoke(function, event).await {
            assert_eq!(answer["statusCode"], 500, "{function}: {answer}");
        }
    }
    assert_eq!(dynamodb(&engine, "Scan", &count).await["Count"], before["Count"], "nothing was written");
    assert_eq!(dynamodb(&engine, "GetItem", &json!({"TableName": TABLE, "Key": key})).await["Item"], newer);
}
