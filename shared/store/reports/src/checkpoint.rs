//! Counters of what the events add up to ([`lambdesk_domain::report`]).
//!
//! They follow the workspace's feed: the place up to which events are counted is
//! moved in the same transaction in which their additions are made, so that every
//! event counts once, whoever counts, however often and wherever it is interrupted.
//! Nobody must count at a certain time: the fan-out does it now and then, and whoever
//! reads a report counts what is left.
//!
//! | to find | look in |
//! |---|---|
//! | events added | `fold` |
//! | all of them anew, beside the present ones | `recount` |
//! | what the counters say | `read` |

mod fold;
mod names;
mod read;
mod recount;

pub use fold::Folded;
pub use read::Standings;
pub use recount::Recounted;

use crate::{
    client::{Store, primary},
    error::{Corrupt, StoreError},
    feed::FeedPosition,
    item::{FORMAT, Item, Reader, number, text},
    keys::{self, Key, Tenant},
};
use aws_sdk_dynamodb::types::{AttributeValue as Av, TransactWriteItem, Update};
use lambdesk_domain::{
    id::WorkspaceId,
    report::{Cell, Counters, Group, Tally},
    time::Timestamp,
};
use std::{collections::HashMap, time::Duration};

/// How far clocks differ at most: no event is older than its workspace by more.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);
/// The attribute with the position in the feed.
const POSITION: &str = "pos";
/// The attribute with the generation.
const GENERATION: &str = "gen";

/// How far counters have come.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    key: Key,
    generation: u64,
    position: FeedPosition,
    /// It is in the table already.
    is_stored: bool,
}

/// What is counted, and what else is under way.
#[derive(Debug)]
struct Control {
    live: Option<Place>,
    building: Option<Place>,
    replaced: Option<Replaced>,
}

/// A generation that is to be removed.
#[derive(Debug)]
struct Replaced {
    generation: u64,
    at: Timestamp,
}

impl Place {
    /// Before the first event of a workspace.
    fn start(key: Key, generation: u64, created_at: Timestamp) -> Self {
        Self { key, generation, position: FeedPosition::at(created_at.minus(CLOCKS_DIFFER)), is_stored: false }
    }

    fn read(item: &Item) -> Result<Self, Corrupt> {
        let reader = Reader(item);
        let key = Key { pk: reader.text("pk")?.to_owned(), sk: reader.text("sk")?.to_owned() };
        let (generation, position) = (reader.number(GENERATION)?, reader.parsed(POSITION)?);
        Ok(Self { key, generation, position, is_stored: true })
    }

    /// Nobody else has moved it.
    fn condition(&self, update: Additions) -> Additions {
        if self.is_stored {
            update.equals(GENERATION, number(self.generation)).equals(POSITION, text(self.position.as_str()))
        } else {
            update.absent()
        }
    }
}

impl Store {
    async fn count_control(&self, workspace: WorkspaceId) -> Result<Control, StoreError> {
        let tenant = Tenant::new(workspace);
        let items = self.whole(&tenant.counts().pk, keys::COUNTS).await?;
        let find = |key: Key| items.iter().find(|item| item.get("sk") == Some(&text(&*key.sk)));
        let place = |key: Key| find(key).map(Place::read).transpose();
        let replaced = find(tenant.replaced_counts()).map(|item| {
            let reader = Reader(item);
            Ok::<_, Corrupt>(Replaced { generation: reader.number(GENERATION)?, at: reader.time("at")? })
        });
        Ok(Control {
            live: place(tenant.counts())?,
            building: place(tenant.recount())?,
            replaced: replaced.transpose()?,
        })
    }

    /// As one transaction: the additions, and the place moved on.
    fn counting(
        &self,
        tenant: &Tenant,
        place: &Place,
        tally: &Tally,
        to: &FeedPosition,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let all = Cell::Now(Group::All);
        let mut moved = place.condition(Additions::to(place.key.clone()));
        moved = moved.set(GENERATION, number(place.generation)).set(POSITION, text(to.as_str()));
        let mut others = Vec::new();
        for (cell, counters) in tally.iter() {
            if cell == all {
                moved = moved.add(counters);
            } else {
                let additions = Additions::to(tenant.counted(place.generation, cell)).add(counters);
                others.push(additions.item(&self.table)?);
            }
        }
        others.insert(0, moved.item(&self.table)?);
        Ok(others)
    }
}

/// One item's part of a transaction: numbers added, attributes set, conditions.
struct Additions {
    key: Key,
    adds: Vec<String>,
    sets: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, Av>,
}

impl Additions {
    fn to(key: Key) -> Self {
        let (adds, sets, conditions) = (Vec::new(), Vec::new(), Vec::new());
        Self { key, adds, sets, conditions, names: HashMap::new(), values: HashMap::new() }.set("v", number(FORMAT))
    }

    /// Short, because an expression has at most 4 KB.
    fn term(&mut self, name: &str, value: Av) -> (String, String) {
        let place = self.values.len();
        let (name_key, value_key) = (format!("#{place}"), format!(":{place}"));
        self.names.insert(name_key.clone(), name.to_owned());
        self.values.insert(value_key.clone(), value);
        (name_key, value_key)
    }

    fn add(mut self, counters: &Counters) -> Self {
        for (counter, by) in counters.raw() {
            let (name, value) = self.term(&names::name(counter), Av::N(by.to_string()));
            self.adds.push(format!("{name} {value}"));
        }
        self
    }

    fn set(mut self, name: &str, value: Av) -> Self {
        let (name, value) = self.term(name, value);
        self.sets.push(format!("{name}={value}"));
        self
    }

    fn equals(mut self, name: &str, value: Av) -> Self {
        let (name, value) = self.term(name, value);
        self.conditions.push(format!("{name}={value}"));
        self
    }

    fn absent(mut self) -> Self {
        self.conditions.push("attribute_not_exists(pk)".to_owned());
        self
    }

    fn item(self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let mut expression = format!("SET {}", self.sets.join(","));
        if !self.adds.is_empty() {
            expression.push_str(" ADD ");
            expression.push_str(&self.adds.join(","));
        }
        let condition = (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "));
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(primary(self.key)))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
