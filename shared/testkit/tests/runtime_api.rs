//! The Runtime API stand-in, with a real Lambda binary: `examples/echo_lambda.rs`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambdesk_testkit::runtime_api::{FunctionError, LambdaProcess, RuntimeApi, events};
use serde_json::{Value, json};

/// Cargo builds a package's examples with its tests, into the folder beside.
fn echo() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let profile = test.ancestors().nth(2).expect("target/<profile>/deps");
    profile.join("examples").join("echo_lambda")
}

async fn spawn(variables: &[(&str, &str)]) -> LambdaProcess {
    let api = RuntimeApi::start().await.expect("a port is free");
    api.spawn(&echo(), variables).expect("the binary starts")
}

#[tokio::test]
async fn a_function_answers_its_event_with_the_context_of_the_invocation() {
    let function = spawn(&[("GREETING", "hello")]).await;
    let answer = function.invoke(json!({"a": 1})).await.expect("answers");
    assert_eq!(answer["event"], json!({"a": 1}));
    assert_eq!(answer["request_id"].as_str().map(str::len), Some(36));
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:echo_lambda";
    assert_eq!(answer["arn"], arn);
    assert!(answer["trace"].as_str().expect("text").starts_with("Root=1-"));
    assert_eq!((&answer["memory"], &answer["region"]), (&json!(128), &json!("eu-central-1")));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    assert!(u128::from(answer["deadline"].as_u64().expect("ms")) > now.as_millis());
}

#[tokio::test]
async fn a_function_sees_lambdas_variables_and_the_given_ones_only() {
    let function = spawn(&[("GREETING", "hello")]).await;
    let answer = function.invoke(json!({})).await.expect("answers");
    assert_eq!((&answer["greeting"], &answer["cargo"]), (&json!("hello"), &Value::Null));
}

#[tokio::test]
async fn invocations_have_their_own_ids_and_answers() {
    let function = spawn(&[]).await;
    let (one, two) = tokio::join!(function.invoke(json!(1)), function.invoke(json!(2)));
    let (one, two) = (one.expect("answers"), two.expect("answers"));
    assert_eq!((&one["event"], &two["event"]), (&json!(1), &json!(2)));
    assert_ne!(one["request_id"], two["request_id"]);
}

#[tokio::test]
async fn the_start_is_measured_and_so_is_the_memory() {
    let function = spawn(&[]).await;
    let first = function.first_next().await.expect("starts");
    assert!(!first.is_zero());
    function.invoke(json!({})).await.expect("answers");
    assert_eq!(function.first_next().await, Ok(first), "it is the first that counts");
    assert!(function.peak_memory().expect("it runs") > 100);
    assert_eq!(function.logs().expect("readable"), "starting\n");
}

#[tokio::test]
async fn an_error_and_a_panic_are_answers_and_the_function_lives_on() {
    let function = spawn(&[]).await;
    for (told, said) in [("fail", "told to fail"), ("panic", "told to panic")] {
        let failed = function.invoke(json!({"do": told})).await.expect_err("fails");
        assert!(matches!(&failed, FunctionError::Failed { message, .. } if message.contains(said)));
    }
    assert!(function.invoke(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_function_that_ends_fails_its_invocation_and_those_after() {
    let function = spawn(&[]).await;
    for _ in 0..2 {
        let ended = function.invoke(json!({"do": "exit"})).await.expect_err("ends");
        let FunctionError::Exited { status, logs } = ended else {
            panic!("{ended}");
        };
        assert_eq!((status.code(), logs.as_str()), (Some(3), "starting\n"));
    }
}

#[tokio::test]
async fn a_function_that_dies_at_its_start_is_told_with_its_last_words() {
    let function = spawn(&[("ECHO_DIES", "1")]).await;
    let died = function.first_next().await.expect_err("dies");
    assert!(matches!(&died, FunctionError::Exited { logs, .. } if logs.contains("told to die")));
}

#[tokio::test]
async fn a_dropped_function_is_killed() {
    let function = spawn(&[]).await;
    function.first_next().await.expect("starts");
    let process = PathBuf::from(format!("/proc/{}", function.pid()));
    assert!(process.exists());
    drop(function);
    let killed = async {
        while process.exists() {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, killed).await.expect("it does not live on");
}

#[tokio::test]
async fn events_reach_a_function_unchanged() {
    let function = spawn(&[]).await;
    let sent = [
        events::api_gateway_v2("GET", "/v1/tickets", "limit=2", &[], b""),
        events::stream(&[json!({"eventName": "INSERT"})]),
        events::sqs(&["one"]),
        events::schedule(),
    ];
    for event in sent {
        let answer = function.invoke(event.clone()).await.expect("answers");
        assert_eq!(answer["event"], event);
    }
}
