//! A table's stream as Lambda's event source reads it: by the streams' own API, each shard
//! in order, with what Lambda adds.
//!
//! Every call asks for a new iterator after the record that was read last, because moto's
//! iterators are not of the table any more once it has cancelled a transaction (it goes back
//! to a copy of all tables, and their iterators stay with the original).

use lambdesk_tests::local::aws_json;
use lambdesk_tests::{Json, json};
use std::collections::BTreeMap;

/// A stream, and how far it has been read.
pub struct TableStream {
    url: String,
    arn: String,
    /// The number of the last record of each shard, once one was read.
    shards: BTreeMap<String, Option<String>>,
}

impl TableStream {
    /// That of a table, from its oldest record on.
    pub async fn of(url: &str, table: &str) -> Self {
        let described = aws_json(url, "DynamoDB_20120810.DescribeTable", &json!({"TableName": table})).await;
        let arn = described["Table"]["LatestStreamArn"].as_str().unwrap().to_owned();
        Self { url: url.to_owned(), arn, shards: BTreeMap::new() }
    }

    /// What came since the last call.
    pub async fn records(&mut self) -> Vec<Json> {
        self.find_shards().await;
        let mut records = Vec::new();
        for (shard, last) in &mut self.shards {
            let mut request = json!({"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
            if let Some(last) = last {
                request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                request["SequenceNumber"] = json!(last);
            }
            let mut next = ask(&self.url, "GetShardIterator", &request).await["ShardIterator"].take();
            while next.is_string() {
                let mut answer = ask(&self.url, "GetRecords", &json!({"ShardIterator": next, "Limit": 1_000})).await;
                next = answer["NextShardIterator"].take();
                let Json::Array(found) = answer["Records"].take() else {
                    panic!("no list of records: {answer}");
                };
                let Some(newest) = found.last() else { break };
                *last = newest["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
                records.extend(found);
            }
        }
        for record in &mut records {
            record["eventSourceARN"] = json!(self.arn);
        }
        records
    }

    async fn find_shards(&mut self) {
        let described = ask(&self.url, "DescribeStream", &json!({"StreamArn": self.arn})).await;
        for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
            self.shards.entry(shard["ShardId"].as_str().unwrap().to_owned()).or_default();
        }
    }
}

async fn ask(url: &str, operation: &str, request: &Json) -> Json {
    aws_json(url, &format!("DynamoDBStreams_20120810.{operation}"), request).await
}
