//! The bucket of the template, held against what is signed for it.

use aws_credential_types::Credentials;
use lambdesk_domain::{attachment::FileSize, id::AttachmentId, time::Timestamp};
use lambdesk_objects::{ObjectBucket, ObjectKey, Objects, PENDING, SignedUpload};
use lambdesk_tests::template::Template;
use lambdesk_tests::{Json, json};
use std::collections::BTreeSet;
use uuid::Uuid;

fn upload() -> SignedUpload {
    let id = Uuid::from_u128(1);
    let key = ObjectKey {
        workspace: lambdesk_domain::id::WorkspaceId::new(id),
        ticket: lambdesk_domain::id::TicketId::new(id),
        attachment: AttachmentId::new(id),
    };
    let bucket = ObjectBucket {
        name: "files".to_owned(),
        region: "eu-central-1".to_owned(),
        credentials: Credentials::from_keys("id", "secret", None),
        endpoint: None,
    };
    let objects = Objects::new(bucket, |_| panic!("signing makes no request"));
    let size = FileSize::try_from(1).unwrap();
    objects.presign_put(&key, size, &"image/png".parse().unwrap(), Timestamp::EPOCH).unwrap()
}

fn bucket() -> Json {
    Template::read().resource("Files").clone()
}

#[test]
fn browsers_may_send_every_header_that_an_upload_must_have() {
    let bucket = bucket();
    let rule = &bucket["CorsConfiguration"]["CorsRules"][0];
    let allowed: BTreeSet<_> = rule["AllowedHeaders"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    // Browsers set the length themselves, and no page may name it.
    let signed = upload().headers;
    let wanted: BTreeSet<_> = signed.iter().map(|(name, _)| *name).filter(|name| *name != "content-length").collect();
    assert_eq!(allowed, wanted);
    assert_eq!((&rule["AllowedMethods"], &rule["AllowedOrigins"]), (&json!(["GET", "PUT"]), &json!(["*"])));
}

#[test]
fn the_lifecycle_removes_just_what_is_stored_as_pending() {
    let bucket = bucket();
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    let expiring: Vec<_> = rules.iter().filter(|rule| rule.get("ExpirationInDays").is_some()).collect();
    let (key, value) = PENDING.split_once('=').unwrap();
    assert_eq!(expiring.len(), 1, "{rules:?}");
    assert_eq!(expiring[0]["TagFilters"], json!([{"Key": key, "Value": value}]));
    assert!(upload().headers.contains(&("x-amz-tagging", PENDING.to_owned())));
}

#[test]
fn whoever_has_the_buckets_name_may_use_its_objects_and_nobody_else() {
    let template = Template::read();
    for function in template.functions() {
        let role = function.properties["Role"]["Fn::GetAtt"].as_str().unwrap().trim_end_matches(".Arn").to_owned();
        let role = template.resource(&role);
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
        let uses = statements.iter().any(|statement| statement["Resource"] == json!({"Fn::Sub": "${Files.Arn}/*"}));
        assert_eq!(uses, function.variables().contains_key("LAMBDESK_BUCKET"), "{}", function.name);
    }
}
