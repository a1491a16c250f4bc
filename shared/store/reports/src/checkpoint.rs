//! Checkpoints: up to which position of the feed a set of counters is counted.
//!
//! A checkpoint is moved in the same transaction that adds to the counters, on the
//! condition that nobody else has moved it: one read of a small partition to find
//! it, one transaction to move it.

use crate::{
    Reports,
    names::{self, GENERATION, POSITION},
};
use lambdesk_domain::{
    id::WorkspaceId,
    report::{Cell, Counters, Group, Tally},
    time::Timestamp,
};
use lambdesk_store_events::FeedPosition;
use lambdesk_table::{
    Corrupt, Expression, FORMAT, Held, Item, Key, TableError, Tenant, Tx, Value, Write,
    item::{Reader, number, text},
    keys,
};
use std::time::Duration;

/// How far clocks differ at most: no event is older than its workspace by more.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

/// How far the counters of one generation have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub key: Key,
    pub generation: u64,
    pub position: FeedPosition,
    /// It is in the table already.
    pub is_stored: bool,
}

/// The checkpoints of a workspace.
#[derive(Debug)]
pub struct Checkpoints {
    /// Of the counters that reports show.
    pub live: Option<Checkpoint>,
    /// Of a recount under way.
    pub building: Option<Checkpoint>,
    pub replaced: Option<Replaced>,
}

/// A generation of counters that is to be removed.
#[derive(Debug)]
pub struct Replaced {
    pub generation: u64,
    pub at: Timestamp,
}

/// A transaction that holds a checkpoint to how it was read.
pub type CheckpointTx = Tx<Held<TableError>>;

impl Checkpoint {
    /// Before the first event of a workspace.
    pub fn start(key: Key, generation: u64, created_at: Timestamp) -> Self {
        Self { key, generation, position: FeedPosition::at(created_at.minus(CLOCKS_DIFFER)), is_stored: false }
    }

    pub fn read(item: &Item) -> Result<Self, Corrupt> {
        let reader = Reader(item);
        let key = Key { pk: reader.text("pk")?.to_owned(), sk: reader.text("sk")?.to_owned() };
        let (generation, position) = (reader.number(GENERATION)?, reader.parsed(POSITION)?);
        Ok(Self { key, generation, position, is_stored: true })
    }

    /// Holds a write to the checkpoint as it was read.
    fn if_unchanged(&self, additions: Additions) -> Additions {
        if self.is_stored {
            additions.equals(GENERATION, number(self.generation)).equals(POSITION, text(self.position.as_str()))
        } else {
            additions.absent()
        }
    }
}

impl Reports {
    pub(crate) async fn checkpoints(&self, workspace: WorkspaceId) -> Result<Checkpoints, TableError> {
        let tenant = Tenant::new(workspace);
        let items = self.table.whole(&tenant.counts().pk, keys::COUNTS).await?;
        let find = |key: Key| items.iter().find(|item| item.get("sk") == Some(&text(&*key.sk)));
        let checkpoint = |key: Key| find(key).map(Checkpoint::read).transpose();
        let replaced = find(tenant.replaced_counts()).map(|item| {
            let reader = Reader(item);
            Ok::<_, Corrupt>(Replaced { generation: reader.number(GENERATION)?, at: reader.time("at")? })
        });
        Ok(Checkpoints {
            live: checkpoint(tenant.counts())?,
            building: checkpoint(tenant.recount())?,
            replaced: replaced.transpose()?,
        })
    }
}

/// As one transaction: the tally added to the counters, and the checkpoint moved.
pub fn counting(tenant: &Tenant, checkpoint: &Checkpoint, tally: &Tally, to: &FeedPosition) -> CheckpointTx {
    let all = Cell::Now(Group::All);
    let mut moved = checkpoint.if_unchanged(Additions::to(checkpoint.key.clone()));
    moved = moved.set(GENERATION, number(checkpoint.generation)).set(POSITION, text(to.as_str()));
    let mut others = Vec::new();
    for (cell, counters) in tally.iter() {
        if cell == all {
            moved = moved.add(counters);
        } else {
            others.push(Additions::to(tenant.counted(checkpoint.generation, cell)).add(counters));
        }
    }
    let mut tx = Tx::new();
    tx.hold(moved.into_write());
    for additions in others {
        tx.write(additions.into_write());
    }
    tx
}

/// One item's part of a transaction: numbers added, attributes set, conditions.
struct Additions {
    key: Key,
    adds: Vec<String>,
    sets: Vec<String>,
    conditions: Vec<String>,
    expression: Expression,
}

impl Additions {
    fn to(key: Key) -> Self {
        let (adds, sets, conditions) = (Vec::new(), Vec::new(), Vec::new());
        Self { key, adds, sets, conditions, expression: Expression::default() }.set("v", number(FORMAT))
    }

    fn term(&mut self, name: &str, value: Value) -> (String, String) {
        (self.expression.name(name), self.expression.value(value))
    }

    fn add(mut self, counters: &Counters) -> Self {
        for (counter, by) in counters.raw() {
            let (name, value) = self.term(&names::name(counter), Value::N(by.to_string()));
            self.adds.push(format!("{name} {value}"));
        }
        self
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        let (name, value) = self.term(name, value);
        self.sets.push(format!("{name}={value}"));
        self
    }

    fn equals(mut self, name: &str, value: Value) -> Self {
        let (name, value) = self.term(name, value);
        self.conditions.push(format!("{name}={value}"));
        self
    }

    fn absent(mut self) -> Self {
        self.conditions.push("attribute_not_exists(pk)".to_owned());
        self
    }

    fn into_write(self) -> Write {
        let mut update = format!("SET {}", self.sets.join(","));
        if !self.adds.is_empty() {
            update.push_str(" ADD ");
            update.push_str(&self.adds.join(","));
        }
        let write = Write::update(self.key, update).with(self.expression);
        if self.conditions.is_empty() { write } else { write.when(self.conditions.join(" AND ")) }
    }
}
