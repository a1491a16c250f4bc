//! K8: what each function's role allows, held against the requests that the function makes
//! of the table.

use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_local::stack;
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;
use lambdesk_testkit::{Client, Desk, RecordedRequest};
use lambdesk_tests::{
    Json, json,
    ledger::pipeline::{FunctionKind, Pipeline},
    routes::select,
    template::Template,
};
use std::{collections::BTreeSet, time::Duration};
use tokio::runtime::Handle;

/// One thing that a request does: an action of IAM, on the table or an index of it, with
/// the partitions that it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Access {
    action: String,
    is_index: bool,
    partitions: Vec<String>,
}

impl Access {
    fn new(action: &str, partitions: &[&str]) -> Self {
        let partitions = partitions.iter().map(|partition| (*partition).to_owned()).collect();
        Self { action: action.to_owned(), is_index: false, partitions }
    }

    /// What a request comes to for IAM: a transaction is its steps ("Using IAM with
    /// `DynamoDB` transactions", developer guide), anything else is itself.
    fn all_of(request: &RecordedRequest) -> Vec<Self> {
        let partition = |keys: &Json| keys["pk"]["S"].as_str().unwrap().to_owned();
        let one = |action: &str, partition: String| Self {
            action: action.to_owned(),
            is_index: false,
            partitions: vec![partition],
        };
        let body = &request.body;
        match request.operation.as_str() {
            "TransactWriteItems" => {
                let steps = body["TransactItems"].as_array().unwrap().iter();
                steps
                    .map(|step| {
                        let (kind, step) = step.as_object().unwrap().iter().next().unwrap();
                        let keys = if kind == "Put" { &step["Item"] } else { &step["Key"] };
                        let action = if kind == "ConditionCheck" {
                            "ConditionCheckItem".to_owned()
                        } else {
                            format!("{kind}Item")
                        };
                        one(&action, partition(keys))
                    })
                    .collect()
            }
            "BatchGetItem" => {
                let tables = body["RequestItems"].as_object().unwrap().values();
                let keys = tables.flat_map(|table| table["Keys"].as_array().unwrap());
                vec![Self {
                    action: "BatchGetItem".to_owned(),
                    is_index: false,
                    partitions: keys.map(partition).collect(),
                }]
            }
            "BatchWriteItem" => {
                let writes =
                    body["RequestItems"].as_object().unwrap().values().flat_map(|writes| writes.as_array().unwrap());
                let keys = writes.map(|write| match write.get("PutRequest") {
                    Some(put) => partition(&put["Item"]),
                    None => partition(&write["DeleteRequest"]["Key"]),
                });
                vec![Self { action: "BatchWriteItem".to_owned(), is_index: false, partitions: keys.collect() }]
            }
            "PutItem" => vec![one("PutItem", partition(&body["Item"]))],
            action @ ("GetItem" | "UpdateItem" | "DeleteItem") => vec![one(action, partition(&body["Key"]))],
            action @ ("Query" | "Scan") => {
                let partitions = body["ExpressionAttributeValues"][":pk"]["S"].as_str();
                let partitions = partitions.map(str::to_owned).into_iter().collect();
                vec![Self { action: action.to_owned(), is_index: body.get("IndexName").is_some(), partitions }]
            }
            other => panic!("which action is {other}?"),
        }
    }
}

/// The statements of a function's role.
struct Role(Vec<Json>);

impl Role {
    fn of(function: &str) -> Self {
        let template = Template::read();
        let role = template.function(function).properties["Role"]["Fn::GetAtt"].as_str().unwrap().to_owned();
        let role = template.resource(role.trim_end_matches(".Arn"));
        Self(role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap().clone())
    }

    fn allows(&self, access: &Access) -> bool {
        let resource = if access.is_index {
            json!({"Fn::Sub": "${Table.Arn}/index/*"})
        } else {
            json!({"Fn::GetAtt": "Table.Arn"})
        };
        let action = json!(format!("dynamodb:{}", access.action));
        self.0.iter().any(|statement| {
            let has_action = statement["Action"].as_array().is_some_and(|actions| actions.contains(&action));
            // Of a table that the template makes; one that is there already is named besides.
            let resource_named = statement["Resource"]["Fn::If"].get(1).unwrap_or(&statement["Resource"]);
            has_action && *resource_named == resource && holds(&statement["Condition"], &access.partitions)
        })
    }
}

/// Whether a condition on leading keys holds: for all of them, as the template has it.
fn holds(condition: &Json, partitions: &[String]) -> bool {
    let Some(tests) = condition.as_object() else { return true };
    tests.iter().all(|(operator, keys)| {
        let patterns = keys["dynamodb:LeadingKeys"].as_array().unwrap_or_else(|| panic!("another key: {keys}"));
        let is_like = |partition: &String| patterns.iter().any(|pattern| like(pattern.as_str().unwrap(), partition));
        match operator.as_str() {
            "ForAllValues:StringLike" => partitions.iter().all(is_like),
            "ForAllValues:StringNotLike" => !partitions.iter().any(is_like),
            other => panic!("another operator: {other}"),
        }
    })
}

/// IAM's `StringLike`, of whose wildcards the template has the star.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| like(rest, &text[at..]))
        }),
    }
}

fn held(function: &str, requests: &[RecordedRequest]) {
    let role = Role::of(function);
    let refused: BTreeSet<_> = requests.iter().flat_map(Access::all_of).filter(|access| !role.allows(access)).collect();
    assert!(refused.is_empty(), "{function}: its role does not allow {refused:#?}");
}

/// Calls functions in one process each, and holds what they ask for to their roles.
struct Tour {
    desk: Desk,
    /// Requests of each function.
    seen: Vec<(&'static str, usize)>,
}

impl Tour {
    async fn call(&mut self, method: &str, path: &str, body: &Json) -> Json {
        self.call_as(method, path, body, &[]).await
    }

    async fn call_as(&mut self, method: &str, path: &str, body: &Json, headers: &[(&str, &str)]) -> Json {
        let (queue, _) = HintQueue::local(1);
        let functions = stack::functions(&AddressPolicy::public_only(), &queue);
        let bare = path.split('?').next().unwrap();
        let routes = Template::read().routes();
        let key = select(routes.iter().map(|(key, _)| key.as_str()), bare).unwrap();
        let name = &routes.iter().find(|(route, _)| route == key).unwrap().1;
        let (name, function) = functions.into_iter().find(|(function, _)| function == name).unwrap();
        // A process that has just started reads all that it needs.
        let cold = self.desk.table.stores().app(SealingKey::clone(&self.desk.app.sealing));
        let app = App { clock: self.desk.clock.clone(), ..cold };
        let caller = Client::new(function.router(&app));
        let caller = if headers.is_empty() { caller.with_key(&self.desk.key) } else { caller };
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.desk.table.traffic.start();
        let tasks = Handle::current().metrics().num_alive_tasks();
        let answer = caller.send(method, path, &headers, text).await;
        // The use of the key is recorded beside the answer, by a task of its own.
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if Handle::current().metrics().num_alive_tasks() <= tasks {
                break;
            }
        }
        let requests = self.desk.table.traffic.stop();
        assert!(answer.status < 400, "{method} {path}: {}", answer.text);
        held(name, &requests);
        self.seen.push((name, requests.len()));
        answer.json()["data"].take()
    }
}

fn id(thing: &Json) -> &str {
    thing["id"].as_str().unwrap_or_else(|| panic!("no id: {thing}"))
}

#[tokio::test]
async fn k8_every_http_function_may_do_what_it_does() {
    let mut tour = Tour { desk: Desk::open().await, seen: Vec::new() };
    let channel = json!({"name": "Website", "type": "form", "hostnames": ["shop.example"]});
    let channel = tour.call("POST", "/v1/channels", &channel).await;
    let user = json!({"name": "Ann", "email": "ann@desk.example", "role": "agent"});
    let user = tour.call("POST", "/v1/users", &user).await;
    let tag = tour.call("POST", "/v1/tags", &json!({"name": "vip"})).await;
    tour.call("GET", "/v1/users", &Json::Null).await;
    tour.call("PATCH", &format!("/v1/users/{}?end_keys=true", id(&user)), &json!({"is_enabled": false})).await;
    tour.call("PATCH", "/v1/workspace", &json!({"restore_window_days": 3})).await;
    let key = json!({"name": "K", "kind": "machine", "scopes": ["tickets:read"]});
    let key = tour.call("POST", "/v1/api-keys", &key).await;
    tour.call("POST", &format!("/v1/api-keys/{}/rotate", id(&key)), &json!({})).await;
    tour.call("DELETE", &format!("/v1/api-keys/{}", id(&key)), &Json::Null).await;

    tickets(&mut tour, &channel, &tag).await;
    visitors(&mut tour, &channel).await;
    tour.call("DELETE", &format!("/v1/tags/{}?force=true", id(&tag)), &Json::Null).await;
    let names: BTreeSet<_> = tour.seen.iter().filter(|(_, requests)| *requests > 0).map(|(name, _)| *name).collect();
    let all = ["contacts", "directory", "intake", "messages", "reports", "tickets", "webhooks"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), all);
}

async fn tickets(tour: &mut Tour, channel: &Json, tag: &Json) {
    let new = json!({"subject": "S", "channel_id": channel["id"], "from": {"email": "a@c.example"}, "message": {"body_text": "x"}});
    let ticket = tour.call("POST", "/v1/tickets", &new).await;
    let path = format!("/v1/tickets/{}", id(&ticket));
    tour.call("PATCH", &path, &json!({"priority": "high", "tags": [tag["id"]]})).await;
    let (message, messages) = (json!({"body_text": "Hi"}), format!("{path}/messages"));
    let message = tour.call("POST", &messages, &message).await;
    tour.call("PATCH", &format!("{messages}/{}", id(&message)), &json!({"body_text": "Ho"})).await;
    tour.call("DELETE", &format!("{messages}/{}", id(&message)), &Json::Null).await;
    tour.desk.project().await;
    for read in [
        path.clone(),
        messages,
        format!("{path}/activities"),
        "/v1/tickets?q=lamp".to_owned(),
        format!("/v1/tickets?tag={}&with_total=true", id(tag)),
        "/v1/tickets?sort=number&include=archived,trashed".to_owned(),
        format!("/v1/tickets/number/{}", ticket["number"]),
        format!("/v1/contacts/{}", ticket["contact"]["id"].as_str().unwrap()),
        "/v1/contacts".to_owned(),
        "/v1/accounts".to_owned(),
        "/v1/reports/tickets".to_owned(),
        "/v1/events".to_owned(),
        "/v1/webhooks".to_owned(),
    ] {
        tour.call("GET", &read, &Json::Null).await;
    }
    tour.call("PUT", &format!("{path}/status"), &json!({"status": "closed"})).await;
    tour.call("DELETE", &path, &Json::Null).await;
    let contact = json!({"name": "Ada", "email": "ada@c.example", "external_id": "C-1"});
    let contact = tour.call("POST", "/v1/contacts", &contact).await;
    let account = json!({"kind": "project", "contact_id": contact["id"], "external_id": "P-1"});
    let account = tour.call("POST", "/v1/accounts", &account).await;
    tour.call("PATCH", &format!("/v1/accounts/{}", id(&account)), &json!({"name": "P"})).await;
    let about = json!({"subject": "S", "contact_id": contact["id"], "account_id": account["id"]});
    tour.call("POST", "/v1/tickets", &about).await;
    tour.desk.project().await;
    let one = format!("/v1/contacts/{}", id(&contact));
    tour.call("PATCH", &one, &json!({"email": "ada@other.example"})).await;
    tour.call("DELETE", &format!("/v1/accounts/{}?force=true", id(&account)), &Json::Null).await;
    let other = tour.call("POST", "/v1/contacts", &json!({"email": "b@c.example"})).await;
    tour.call("POST", &format!("{one}/merge"), &json!({"from": other["id"]})).await;
    tour.call("POST", &format!("{one}/erase"), &Json::Null).await;
    let hook = json!({"url": "https://hooks.example.com/", "types": ["*"]});
    let hook = tour.call("POST", "/v1/webhooks", &hook).await;
    tour.call("DELETE", &format!("/v1/webhooks/{}", id(&hook)), &Json::Null).await;
}

async fn visitors(tour: &mut Tour, channel: &Json) {
    const PAGE: (&str, &str) = ("origin", "https://shop.example");
    let intake = format!("/intake/{}", channel["public_token"].as_str().unwrap());
    let session = tour.call_as("POST", &format!("{intake}/session"), &json!({}), &[PAGE]).await;
    let session = format!("Bearer {}", session["session"].as_str().unwrap());
    let new = json!({"subject": "S", "from": {"email": "v@c.example"}, "message": {"body_text": "x"}});
    let headers = [PAGE, ("authorization", session.as_str()), ("idempotency-key", "one")];
    let opened = tour.call_as("POST", &format!("{intake}/tickets"), &new, &headers).await;
    let own = format!("/intake/tickets/{}", opened["public_token"].as_str().unwrap());
    tour.call_as("POST", &format!("{own}/messages"), &json!({"body_text": "More"}), &[PAGE]).await;
    tour.call_as("POST", &format!("{own}/read"), &Json::Null, &[PAGE]).await;
    tour.call_as("GET", &own, &Json::Null, &[PAGE]).await;
    tour.call_as("GET", &format!("{own}/messages"), &Json::Null, &[PAGE]).await;
    let listed = tour.call("GET", "/v1/tickets?source=guest", &Json::Null).await;
    let path = format!("/v1/tickets/{}/status", id(&listed[0]));
    tour.call("PUT", &path, &json!({"status": "closed"})).await;
    // Into a new ticket, and then to that one.
    tour.call_as("POST", &format!("{own}/messages"), &json!({"body_text": "Again"}), &[PAGE]).await;
    tour.call_as("POST", &format!("{own}/messages"), &json!({"body_text": "And again"}), &[PAGE]).await;
}

#[tokio::test]
async fn k8_the_functions_behind_stream_queue_and_schedule_may_do_what_they_do() {
    let mut pipeline = Pipeline::open().await;
    let new = json!({"subject": "S", "channel_id": pipeline.channel, "from": {"email": "a@c.example"}, "message": {"body_text": "A lamp"}});
    let (made, _) = pipeline.request(("POST", "/v1/tickets"), &[], &new).await;
    let path = format!("/v1/tickets/{}", made.id());
    let due =
        json!({"follow_up_at": pipeline.desk.now().plus(Duration::from_mins(1)), "assignee_id": pipeline.assignee});
    pipeline.request(("PATCH", &path), &[], &due).await;
    let mut seen = BTreeSet::new();
    let mut invocations = pipeline.follow().await;
    pipeline.wait(Duration::from_hours(26));
    invocations.push(pipeline.swept().await);
    invocations.extend(pipeline.follow().await);
    pipeline.request(("DELETE", &path), &[], &Json::Null).await;
    invocations.extend(pipeline.follow().await);
    for _ in 0..34 {
        pipeline.wait(Duration::from_hours(24));
        invocations.push(pipeline.swept().await);
    }
    for invocation in invocations {
        let name = match invocation.function {
            FunctionKind::Fanout => "fanout",
            FunctionKind::Deliver => "deliver",
            FunctionKind::Sweep => "sweep",
            FunctionKind::Http => continue,
        };
        held(name, &invocation.requests);
        seen.insert(name);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["deliver", "fanout", "sweep"]);
}

#[test]
fn w10_every_function_of_the_table_may_look_at_its_format_before_it_writes() {
    for function in Template::read().functions() {
        let role = Role::of(&function.name);
        let may = ["GetItem", "PutItem"].map(|action| role.allows(&Access::new(action, &["meta"])));
        let expected = match function.name.as_str() {
            // It has no table.
            "docs" => [false, false],
            // It marks none.
            "intake" => [true, false],
            _ => [true, true],
        };
        assert_eq!(may, expected, "{}", function.name);
    }
}

#[test]
fn k8_nobody_but_the_directory_makes_keys_and_visitors_write_no_more_than_they_must() {
    let secret =
        ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"].map(|action| Access::new(action, &["key#00ff"]));
    for function in Template::read().functions() {
        let role = Role::of(&function.name);
        let may = secret.iter().any(|access| role.allows(access));
        assert_eq!(may, function.name == "directory", "{}", function.name);
        // One good partition does not let another through.
        assert!(function.name == "directory" || !role.allows(&Access::new("BatchWriteItem", &["w#t#1", "key#00ff"])));
    }
    let intake = Role::of("intake");
    let workspace = "-NZ9MPmLSoiwnfB11Oc--F";
    for part in ["dir", "keys", "hooks", "s", "accounts", "count", "e#x", "h#x"] {
        let partition = format!("{workspace}#{part}");
        assert!(!intake.allows(&Access::new("PutItem", &[&partition])), "{part}");
        assert_eq!(intake.allows(&Access::new("Query", &[&partition])), part == "dir", "{part}");
    }
    for part in ["t#x", "contacts", "n", "i#x"] {
        assert!(intake.allows(&Access::new("PutItem", &[&format!("{workspace}#{part}")])), "{part}");
    }
    assert!(!intake.allows(&Access::new("GetItem", &["key#00ff"])));
}
