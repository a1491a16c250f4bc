//! Reading one partition of an index in steps, and merging several.

use super::{ListPage, ListQuery, Position, Start, Total, filter};
use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    head::{self, Expression},
    item::{Item, text},
    keys::{self, Index},
};
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use std::collections::{HashMap, hash_map::Entry};

/// How many answers of the table one partition's count reads at most (1 MB each).
const COUNT_ROUNDS: u32 = 10;
/// The most rows one request examines while filtering.
const EXAMINED: usize = 250;

/// A partition of one of the two indexes that hold whole tickets.
#[derive(Debug, Clone)]
pub enum Partition {
    /// Of the list index, in order of last activity.
    State(String),
    /// Of the assignee index, in order of creation.
    Assigned(String),
}

impl Partition {
    const fn index(&self) -> Index {
        match self {
            Self::State(_) => Index::List,
            Self::Assigned(_) => Index::Assignee,
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::State(key) | Self::Assigned(key) => key,
        }
    }
}

/// What has been read of a partition.
pub struct Run {
    partition: Partition,
    tickets: Vec<Ticket>,
    /// Where reading goes on; none before the first and after the last step.
    resume: Option<Item>,
    is_exhausted: bool,
}

impl Run {
    pub const fn new(partition: Partition) -> Self {
        Self { partition, tickets: Vec::new(), resume: None, is_exhausted: false }
    }

    pub const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    pub fn wants_more(&self, query: &ListQuery) -> bool {
        !self.is_exhausted && self.tickets.len() < query.wanted()
    }

    /// The position up to which everything has been seen, while there is more.
    fn frontier(&self) -> Option<&str> {
        let place = self.resume.as_ref()?.get("l_sk")?;
        place.as_s().ok().map(String::as_str)
    }
}

impl Store {
    /// Reads on, once.
    pub(super) async fn fetch(&self, query: &ListQuery, run: &mut Run) -> Result<(), StoreError> {
        let wanted = query.wanted();
        let rows =
            if query.is_filtered() { (wanted * 4).clamp(wanted.min(EXAMINED), EXAMINED.max(wanted)) } else { wanted };
        let request = self.request(query, &run.partition, true).limit(i32::try_from(rows).unwrap_or(i32::MAX));
        self.step(request.set_exclusive_start_key(run.resume.take()), run).await
    }

    /// Reads the partition whole, unless it is longer than `most` rows.
    pub(super) async fn fetch_whole(&self, query: &ListQuery, run: &mut Run, most: u16) -> Result<(), StoreError> {
        let request = self.request(query, &run.partition, false).limit(i32::from(most) + 1);
        self.step(request, run).await
    }

    async fn step(&self, request: QueryFluentBuilder, run: &mut Run) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        for item in output.items.unwrap_or_default() {
            run.tickets.push(head::decode(&item)?);
        }
        run.is_exhausted = output.last_evaluated_key.is_none();
        run.resume = output.last_evaluated_key;
        Ok(())
    }

    pub(super) async fn count_partition(&self, query: &ListQuery, partition: Partition) -> Result<Total, StoreError> {
        let query = ListQuery { start: Start::Newest { skip: 0 }, ..query.clone() };
        let (mut count, mut resume) = (0_u64, None);
        for _ in 0..COUNT_ROUNDS {
            let after = self.meter.ended();
            let request = self.request(&query, &partition, true).select(Select::Count).set_exclusive_start_key(resume);
            let output = request.send().await.map_err(failure)?;
            self.record("Query", after, output.consumed_capacity());
            count += u64::try_from(output.count).unwrap_or_default();
            resume = output.last_evaluated_key;
            if resume.is_none() {
                return Ok(Total { count, is_exact: true });
            }
        }
        Ok(Total { count, is_exact: false })
    }

    fn request(&self, query: &ListQuery, partition: &Partition, from_start: bool) -> QueryFluentBuilder {
        let index = partition.index();
        let (pk, sk) = index.attributes();
        let mut expression = Expression::default();
        let within = format!("{pk} = {}", expression.value(text(partition.key())));
        let condition = match &query.start {
            Start::OlderThan(Position(place)) if from_start => {
                format!("{within} AND {sk} < {}", expression.value(text(place)))
            }
            Start::NewerThan(Position(place)) if from_start => {
                format!("{within} AND {sk} > {}", expression.value(text(place)))
            }
            _ => within,
        };
        let filter = filter::expression(query, index == Index::Assignee, &mut expression);
        let (names, values) = expression.into_parts();
        let request = self.client.query().table_name(&*self.table).index_name(index.name());
        request
            .key_condition_expression(condition)
            .set_filter_expression(filter)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(query.is_ascending() && from_start)
            .return_consumed_capacity(CAPACITY)
    }
}

/// Merges runs in the order of the list, as far as all of them have been seen.
pub fn merge(query: &ListQuery, runs: Vec<Run>) -> ListPage {
    let ascending = query.is_ascending();
    let places = runs.iter().filter(|run| !run.is_exhausted).filter_map(Run::frontier);
    let frontier = if ascending { places.min() } else { places.max() }.map(str::to_owned);
    let mut rows = placed(runs);
    if let Some(frontier) = &frontier {
        rows.retain(|(place, _)| if ascending { place.0 <= *frontier } else { place.0 >= *frontier });
    }
    page_of(query, rows, frontier.map(Position))
}

/// Sorts whole runs and cuts the page out of them.
pub fn cut(query: &ListQuery, runs: Vec<Run>) -> ListPage {
    let mut rows = placed(runs);
    rows.retain(|(place, _)| match &query.start {
        Start::Newest { .. } => true,
        Start::OlderThan(start) => place.0 < start.0,
        Start::NewerThan(start) => place.0 > start.0,
    });
    page_of(query, rows, None)
}

/// All rows with their places, each ticket once: one that moved between two reads
/// is in both, and the later version counts.
fn placed(runs: Vec<Run>) -> Vec<(Position, Ticket)> {
    let mut newest: HashMap<TicketId, Ticket> = HashMap::new();
    for ticket in runs.into_iter().flat_map(|run| run.tickets) {
        match newest.entry(ticket.id) {
            Entry::Occupied(seen) if seen.get().version >= ticket.version => {}
            Entry::Occupied(mut seen) => drop(seen.insert(ticket)),
            Entry::Vacant(place) => drop(place.insert(ticket)),
        }
    }
    newest.into_values().map(|ticket| (Position::of(&ticket), ticket)).collect()
}

/// The page, newest first, with its ends. `stopped` is where a page that reached
/// its budget goes on.
fn page_of(query: &ListQuery, mut rows: Vec<(Position, Ticket)>, stopped: Option<Position>) -> ListPage {
    let limit = usize::from(query.limit);
    let ascending = query.is_ascending();
    rows.sort_by(|(a, _), (b, _)| if ascending { a.0.cmp(&b.0) } else { b.0.cmp(&a.0) });
    if let Start::Newest { skip } = query.start {
        rows.drain(..skip.min(rows.len()));
    }
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(place, _)| place.clone());
    let back = rows.first().map(|(place, _)| place.clone()).or_else(|| turned(&query.start));
    let onwards = if has_more { last } else { stopped };
    let mut tickets: Vec<_> = rows.into_iter().map(|(_, ticket)| ticket).collect();
    if ascending {
        tickets.reverse();
        return ListPage { tickets, older: back, newer: onwards };
    }
    let is_beginning = matches!(query.start, Start::Newest { skip: 0 });
    ListPage { tickets, older: onwards, newer: if is_beginning { None } else { back } }
}

/// Where an empty page goes back: to the other side of where it began, so that
/// the ticket it began at is found again.
fn turned(start: &Start) -> Option<Position> {
    match start {
        Start::Newest { .. } => None,
        Start::OlderThan(Position(place)) => Some(Position(keys::before(place))),
        Start::NewerThan(Position(place)) => Some(Position(keys::after(place))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::ListFilter;
    use lambdesk_domain::{access::Reach, id::TicketId, testing, time::Timestamp};
    use proptest::{
        collection,
        prelude::*,
        strategy::ValueTree,
        test_runner::{TestCaseResult, TestRunner},
    };
    use std::collections::BTreeSet;
    use uuid::Uuid;

    /// Places of tickets in a partition, and whether the filter lets them through.
    type Rows = Vec<(Ticket, bool)>;

    fn partitions() -> impl Strategy<Value = Vec<Rows>> {
        let row = (0..60_u64, any::<u128>(), any::<bool>());
        collection::vec(collection::vec(row, 0..25), 1..4).prop_map(|partitions| {
            let any = testing::ticket().new_tree(&mut TestRunner::deterministic()).expect("a ticket").current();
            let ticket = |(time, id, passes)| {
                let id = TicketId::new(Uuid::from_u128(id));
                (Ticket { id, last_activity_at: Timestamp::from_millis(time), ..any.clone() }, passes)
            };
            partitions.into_iter().map(|rows| rows.into_iter().map(ticket).collect()).collect()
        })
    }

    fn place(ticket: &Ticket) -> String {
        Position::of(ticket).0
    }

    /// What the table would yield of a partition when it may look at so many rows.
    fn read(rows: &Rows, query: &ListQuery, budget: usize) -> Run {
        let mut ahead: Vec<_> = rows
            .iter()
            .filter(|(ticket, _)| match &query.start {
                Start::Newest { .. } => true,
                Start::OlderThan(start) => place(ticket) < start.0,
                Start::NewerThan(start) => place(ticket) > start.0,
            })
            .collect();
        ahead.sort_by_key(|(ticket, _)| place(ticket));
        if !query.is_ascending() {
            ahead.reverse();
        }
        let is_exhausted = ahead.len() <= budget;
        ahead.truncate(budget);
        let last = ahead.last().map(|(ticket, _)| place(ticket)).filter(|_| !is_exhausted);
        let tickets = ahead.into_iter().filter(|(_, passes)| *passes).map(|(ticket, _)| ticket.clone()).collect();
        let resume = last.map(|place| Item::from([("l_sk".to_owned(), text(place))]));
        Run { partition: Partition::State(String::new()), tickets, resume, is_exhausted }
    }

    fn query(start: Start, limit: u16) -> ListQuery {
        let filter = ListFilter::default();
        ListQuery {
            states: vec![],
            filter,
            hide_put_off: false,
            reach: Reach::All,
            start,
            limit,
            now: Timestamp::EPOCH,
        }
    }

    fn walk(partitions: &[Rows], limit: u16, budgets: &[usize]) -> TestCaseResult {
        let pages = |start| {
            let query = query(start, limit);
            let runs = partitions.iter().zip(budgets.iter().cycle()).map(|(rows, budget)| read(rows, &query, *budget));
            merge(&query, runs.collect())
        };
        let passing: BTreeSet<_> =
            partitions.iter().flatten().filter(|(_, passes)| *passes).map(|(t, _)| place(t)).collect();
        let expected: Vec<_> = passing.into_iter().rev().collect();
        let mut page = pages(Start::Newest { skip: 0 });
        let mut seen: Vec<_> = page.tickets.iter().map(place).collect();
        for _ in 0..200 {
            let Some(older) = page.older.clone() else { break };
            page = pages(Start::OlderThan(older));
            seen.extend(page.tickets.iter().map(place));
        }
        prop_assert_eq!(&seen, &expected, "towards older ones");
        let mut back: Vec<_> = page.tickets.iter().map(place).collect();
        for _ in 0..200 {
            let Some(newer) = page.newer.clone() else { break };
            page = pages(Start::NewerThan(newer));
            back.splice(..0, page.tickets.iter().map(place));
        }
        prop_assert_eq!(&back, &expected, "towards newer ones");
        Ok(())
    }

    proptest! {
        #[test]
        fn short_pages_lose_and_repeat_no_row_whichever_partition_stops_first(
            partitions in partitions(), limit in 1..6_u16, budgets in collection::vec(1..12_usize, 1..4),
        ) {
            walk(&partitions, limit, &budgets)?;
        }
    }

    #[test]
    fn a_ticket_that_moved_between_two_reads_is_in_the_list_once_as_it_is_now() {
        let old = testing::ticket().new_tree(&mut TestRunner::deterministic()).expect("a ticket").current();
        let new = Ticket { version: old.version.next(), ..old.clone() };
        for versions in [[&old, &new], [&new, &old]] {
            let runs =
                versions.map(|ticket| read(&vec![(ticket.clone(), true)], &query(Start::Newest { skip: 0 }, 5), 9));
            assert_eq!(merge(&query(Start::Newest { skip: 0 }, 5), runs.into()).tickets, std::slice::from_ref(&new));
        }
    }
}
