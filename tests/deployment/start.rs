//! Starting and stopping the local binary as people do.

use lambdesk_engine::{Engine, Storage};
use lambdesk_local::{Options, Stack, TABLE};
use lambdesk_tests::{Json, json};
use lambdesk_tests::{
    binary::free_port,
    local::{Ended, Local, data_folder, dynamodb},
};
use std::{fs, net::TcpListener, path::Path};
use tempfile::TempDir;
use tokio::process::Command;

const ANY_PORT: [&str; 2] = ["--port", "0"];

/// What a shell prints; the script must succeed.
async fn bash(folder: &Path, script: &str) -> String {
    let output =
        Command::new("bash").args(["-euo", "pipefail", "-c", script]).current_dir(folder).output().await.unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exactly one sentence for the operator, without a trace of where it went wrong.
fn one_sentence(ended: Result<Local, Ended>) -> String {
    let Err(Ended { code, stderr }) = ended else {
        panic!("it started");
    };
    assert_eq!(code, Some(1), "{stderr}");
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    lines[0].strip_prefix("lambdesk: ").unwrap_or_else(|| panic!("{stderr}")).to_owned()
}

#[tokio::test]
async fn it_prints_where_it_serves_the_key_and_three_commands_that_work() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &ANY_PORT).await.unwrap();
    assert_eq!(local.api().get("/v1/tickets").await.ok().as_array().unwrap().len(), 3);
    let commands: Vec<_> = local.greeting.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(commands.len(), 3, "{}", local.greeting);
    let mut answers = Vec::new();
    for command in commands {
        answers.push(serde_json::from_str::<Json>(&bash(folder.path(), command).await).unwrap());
    }
    assert_eq!(answers[0]["data"].as_array().map(Vec::len), Some(3), "{}", answers[0]);
    assert_eq!(answers[1]["data"]["subject"], "Hello", "{}", answers[1]);
    // The feed holds events back for seconds.
    assert!(answers[2]["data"].is_array(), "{}", answers[2]);
}

#[tokio::test]
async fn the_variables_that_it_writes_are_those_that_it_printed_and_only_the_owner_reads_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &ANY_PORT).await.unwrap();
    let script =
        "source .lambdesk/demo.env; printf '%s\\n' $LAMBDESK_URL $LAMBDESK_KEY $LAMBDESK_CHANNEL $LAMBDESK_ORIGIN";
    let printed = bash(folder.path(), script).await;
    let variables: Vec<_> = printed.lines().collect();
    assert_eq!(variables[..2], [&local.url, &local.key]);
    let page = lambdesk_tests::Api::of(variables[0], None).with("origin", variables[3]);
    page.post(&format!("/intake/{}/session", variables[2]), json!({})).await.created();
    for secret in ["demo.env", "demo.json", "sealing.key"] {
        let mode = fs::metadata(data_folder(&folder).join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{secret}");
    }
}

#[tokio::test]
async fn ctrl_c_stops_it_cleanly_and_a_second_start_keeps_data_and_key() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &ANY_PORT).await.unwrap();
    let (key, created) =
        (local.key.clone(), local.api().post("/v1/tickets", json!({"subject": "Kept"})).await.created());
    let ended = local.interrupt().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for sign in ["panicked", " ERROR ", " WARN lambdesk"] {
        assert!(!ended.stderr.contains(sign), "{}", ended.stderr);
    }

    let again = Local::start(folder.path(), &ANY_PORT).await.unwrap();
    assert_eq!(again.key, key);
    let path = format!("/v1/tickets/{}", created["id"].as_str().unwrap());
    assert_eq!(again.api().get(&path).await.ok()["subject"], "Kept");
    assert_eq!(again.api().get("/v1/tickets").await.ok().as_array().unwrap().len(), 4, "the demo is made once");
}

#[tokio::test]
async fn in_memory_it_keeps_no_data() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &["--port", "0", "--memory"]).await.unwrap();
    local.api().get("/v1/tickets").await.ok();
    let kept: Vec<_> = fs::read_dir(data_folder(&folder)).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(kept, ["demo.env"]);
}

#[tokio::test]
async fn a_taken_port_is_one_sentence() {
    let folder = TempDir::new().unwrap();
    let port = free_port();
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let sentence = one_sentence(Local::start(folder.path(), &["--port", &port.to_string()]).await);
    assert_eq!(sentence, format!("port {port} is taken; choose another with PORT=… (make run) or --port"));
    assert!(!data_folder(&folder).exists(), "nothing is left behind");
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_one_sentence() {
    let folder = TempDir::new().unwrap();
    // Below a file there is no folder for anybody, root included.
    fs::write(folder.path().join("file"), "").unwrap();
    for data in ["file/data", "file"] {
        let sentence = one_sentence(Local::start(folder.path(), &["--port", "0", "--data", data]).await);
        assert!(sentence.starts_with(&format!("the data folder {data} can't be written: ")), "{sentence}");
        assert!(sentence.ends_with("; choose another with DATA=… (make run) or --data"), "{sentence}");
    }
}

#[tokio::test]
async fn a_previous_sealing_key_that_is_none_or_the_current_one_is_one_sentence() {
    let folder = TempDir::new().unwrap();
    let data = data_folder(&folder);
    assert_eq!(Local::start(folder.path(), &ANY_PORT).await.unwrap().interrupt().await.code, Some(0));
    let current = fs::read(data.join("sealing.key")).unwrap();
    for bad in [current.as_slice(), &current[1..], &[]] {
        fs::write(data.join("sealing.key.previous"), bad).unwrap();
        let sentence = one_sentence(Local::start(folder.path(), &ANY_PORT).await);
        let expected = ".lambdesk/sealing.key.previous must be another key than sealing.key, of 32 bytes; \
                        remove it or put the right one there";
        assert_eq!(sentence, expected);
    }
}

#[tokio::test]
async fn data_in_use_by_another_process_is_one_sentence_and_the_other_serves_on() {
    let folder = TempDir::new().unwrap();
    let first = Local::start(folder.path(), &ANY_PORT).await.unwrap();
    let sentence = one_sentence(Local::start(folder.path(), &ANY_PORT).await);
    assert!(sentence.contains("table.sqlite is in use by another process"), "{sentence}");
    first.api().get("/v1/tickets").await.ok();
    assert_eq!(first.interrupt().await.code, Some(0));
}

#[tokio::test]
async fn a_table_from_a_newer_version_is_one_sentence_and_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    let data = data_folder(&folder);
    Stack::start(&Options::in_folder(&data)).await.unwrap().stop().await;
    let newer = json!({"pk": {"S": "meta"}, "sk": {"S": "format"}, "format": {"N": "999"}});
    let file = Storage::File(data.join("table.sqlite"));
    let engine = Engine::open(file.clone()).unwrap();
    dynamodb(&engine.url(), "PutItem", &json!({"TableName": TABLE, "Item": newer})).await;
    engine.shutdown().await.unwrap();

    let sentence = one_sentence(Local::start(folder.path(), &ANY_PORT).await);
    assert!(sentence.starts_with("the table has format 999, newer than the "), "{sentence}");
    assert!(sentence.ends_with("; update Lambdesk or choose another data folder"), "{sentence}");
    let engine = Engine::open(file).unwrap();
    let key = json!({"pk": newer["pk"], "sk": newer["sk"]});
    let read = dynamodb(&engine.url(), "GetItem", &json!({"TableName": TABLE, "Key": key})).await;
    assert_eq!(read["Item"], newer);
}
