//! A tiny Lambda for the tests of the Runtime API stand-in: it does what its
//! event's `do` says, by default answering the event and its context.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    println!("starting");
    if std::env::var_os("ECHO_DIES").is_some() {
        return Err("told to die".into());
    }
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(LambdaEvent { payload, context }: LambdaEvent<Value>) -> Result<Value, Error> {
    match payload.get("do").and_then(Value::as_str) {
        Some("fail") => Err("told to fail".into()),
        Some("panic") => panic!("told to panic"),
        Some("exit") => std::process::exit(3),
        _ => Ok(json!({
            "event": payload,
            "request_id": context.request_id,
            "arn": context.invoked_function_arn,
            "deadline": context.deadline,
            "trace": context.xray_trace_id,
            "memory": context.env_config.memory,
            "region": std::env::var("AWS_REGION").ok(),
            "cargo": std::env::var("CARGO_MANIFEST_DIR").ok(),
            "greeting": std::env::var("GREETING").ok(),
        })),
    }
}
