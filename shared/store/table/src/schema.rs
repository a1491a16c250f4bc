//! The table itself: its keys, indexes and streams, as plain data, so that the
//! deployed template can be held against what the local stack creates.

use crate::{
    error::TableError,
    item::{FORMAT, Reader, number},
    keys::{Index, Key},
    retry::failure,
    table::{Table, primary},
    write::Write,
};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

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

/// The table was written by a version of this product that is newer than this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table has format {found}, newer than the {FORMAT} that this version understands")]
pub struct NewerFormat {
    /// The table's format.
    pub found: u64,
}

impl Table {
    /// Creates the table if it isn't there: for the local stack and tests. The
    /// deployed table comes from the template.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn create_table(&self) -> Result<(), TableError> {
        if self.client().describe_table().table_name(self.name()).send().await.is_ok() {
            return Ok(());
        }
        let mut request = self.client().create_table().table_name(self.name()).billing_mode(BillingMode::PayPerRequest);
        for element in key_schema("pk", "sk")? {
            request = request.key_schema(element);
        }
        for attribute in attributes()? {
            request = request.attribute_definitions(attribute);
        }
        for index in indexes() {
            request = request.global_secondary_indexes(index_of(&index)?);
        }
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewAndOldImages)
            .build();
        let stream = stream?;
        request.stream_specification(stream).send().await.map_err(failure)?;
        let ttl = TimeToLiveSpecification::builder().attribute_name(TTL_ATTRIBUTE).enabled(true).build()?;
        let request = self.client().update_time_to_live().table_name(self.name()).time_to_live_specification(ttl);
        request.send().await.map_err(failure)?;
        Ok(())
    }

    /// Marks a new table with this version's format, and refuses a newer one.
    ///
    /// # Errors
    /// The outer one when the table fails, the inner one when it is newer.
    pub async fn check_format(&self) -> Result<Result<(), NewerFormat>, TableError> {
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
            self.write(Write::put(item)).await?;
        }
        Ok(Ok(()))
    }
}

fn key_schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, TableError> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(TableError::from)
        })
        .collect()
}

fn attributes() -> Result<Vec<AttributeDefinition>, TableError> {
    let of_indexes = Index::ALL.iter().flat_map(|index| [index.attributes().0, index.attributes().1]);
    ["pk", "sk"]
        .into_iter()
        .chain(of_indexes)
        .map(|name| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(TableError::from)
        })
        .collect()
}

fn index_of(index: &IndexDefinition) -> Result<GlobalSecondaryIndex, TableError> {
    let projection = Projection::builder().projection_type(ProjectionType::from(index.projection.as_str())).build();
    GlobalSecondaryIndex::builder()
        .index_name(&index.name)
        .set_key_schema(Some(key_schema(&index.partition, &index.sort)?))
        .projection(projection)
        .build()
        .map_err(TableError::from)
}
