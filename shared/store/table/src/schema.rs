//! The table itself: its keys, indexes and streams, as plain data, so that the
//! deployed template can be held against what the local stack creates.

pub use crate::format::NewerFormat;

use crate::{
    error::TableError,
    item::{FORMAT, Reader, number, primary},
    keys::{Index, Key},
    retry::{Attempts, failure},
    table::Table,
    write::Write,
};
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

/// The attribute whose time, in seconds, ends an item's life.
pub const TTL_ATTRIBUTE: &str = "expires_at";

/// One index, as data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexDefinition {
    /// Its name.
    pub name: String,
    /// Its partition key attribute.
    pub partition: String,
    /// Its sort key attribute.
    pub sort: String,
    /// `ALL` or `KEYS_ONLY`.
    pub projection: String,
}

/// All indexes, in order of their names.
#[must_use]
pub fn indexes() -> Vec<IndexDefinition> {
    let mut indexes: Vec<_> = Index::ALL
        .iter()
        .map(|index| {
            let (partition, sort) = index.attributes();
            let projection = if index.holds_items() { "ALL" } else { "KEYS_ONLY" };
            IndexDefinition {
                name: index.name().to_owned(),
                partition: partition.to_owned(),
                sort: sort.to_owned(),
                projection: projection.to_owned(),
            }
        })
        .collect();
    indexes.sort();
    indexes
}

impl Table {
    /// Creates the table if it isn't there: for the local stack and tests. The
    /// deployed table comes from the template.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn create(&self) -> Result<(), TableError> {
        if self.manage("DescribeTable", &json!({"TableName": self.name()})).await.is_ok() {
            return Ok(());
        }
        let request = json!({
            "TableName": self.name(),
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key_schema("pk", "sk"),
            "AttributeDefinitions": attributes(),
            "GlobalSecondaryIndexes": indexes().iter().map(index_of).collect::<Vec<_>>(),
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        self.manage("CreateTable", &request).await?;
        let ttl = json!({"AttributeName": TTL_ATTRIBUTE, "Enabled": true});
        let request = json!({"TableName": self.name(), "TimeToLiveSpecification": ttl});
        self.manage("UpdateTimeToLive", &request).await
    }

    async fn manage(&self, operation: &'static str, request: &Json) -> Result<(), TableError> {
        let (_, answer) = self.ask_again::<IgnoredAny>(&mut Attempts::new(), operation, request).await;
        answer.map(drop).map_err(failure)
    }

    /// Marks a new table with this version's format, and refuses a newer one. A
    /// [guarded](Table::guarded) table is looked at once.
    ///
    /// # Errors
    /// The outer one when the table fails, the inner one when it is newer.
    pub async fn check_format(&self) -> Result<Result<(), NewerFormat>, TableError> {
        let unguarded = self.unguarded();
        match &self.format {
            Some(looked) => looked.get_or_try_init(|| unguarded.compare_format()).await.copied(),
            None => unguarded.compare_format().await,
        }
    }

    async fn compare_format(&self) -> Result<Result<(), NewerFormat>, TableError> {
        let key = Key { pk: "meta".to_owned(), sk: "format".to_owned() };
        let found = match self.get(key.clone()).await? {
            Some(item) => Reader(&item).number("format")?,
            None => 0,
        };
        if found > FORMAT {
            return Ok(Err(NewerFormat { found }));
        }
        if found < FORMAT {
            let mut item = primary(key);
            item.insert("format".to_owned(), number(FORMAT));
            // Another version may do it at the same time. Who may not write here leaves it to
            // the functions that may.
            let is_unmarked = "attribute_not_exists(pk) OR #format < :format";
            let mark = Write::put(item).when(is_unmarked).name("#format", "format").value(":format", number(FORMAT));
            match self.write(mark).await {
                Ok(true) | Err(TableError::Refused(_)) => {}
                Ok(false) => return Box::pin(self.compare_format()).await,
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(()))
    }
}

fn key_schema(partition: &str, sort: &str) -> Json {
    json!([
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ])
}

fn attributes() -> Json {
    let of_indexes = Index::ALL.iter().flat_map(|index| [index.attributes().0, index.attributes().1]);
    let names = ["pk", "sk"].into_iter().chain(of_indexes);
    names.map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect()
}

fn index_of(index: &IndexDefinition) -> Json {
    json!({
        "IndexName": index.name,
        "KeySchema": key_schema(&index.partition, &index.sort),
        "Projection": {"ProjectionType": index.projection},
    })
}
