use super::*;
use crate::rows::indexed_values;
use lambdesk_domain::{id::TicketId, testing};
use lambdesk_store_tickets::item::encode;
use lambdesk_table::{
    Item, Query,
    item::text,
    keys::{self, Index, Key},
};
use lambdesk_testkit::{TestTable, check};
use proptest::{collection, prelude::*};
use std::{cell::RefCell, collections::BTreeSet};

/// Where a variant stands in [`of_values`].
const fn place(filter: &Filter) -> usize {
    match filter {
        Filter::Contact(_) => 0,
        Filter::Account(_) => 1,
        Filter::Uid(_) => 2,
        Filter::Assignee(_) => 3,
        Filter::Custom(_) => 4,
        Filter::Tag(_) => 5,
        Filter::Team(_) => 6,
        Filter::Category(_) => 7,
        Filter::Channel(_) => 8,
        Filter::ChannelType(_) => 9,
        Filter::Status(_) => 10,
        Filter::Source(_) => 11,
        Filter::Priority(_) => 12,
        Filter::Awaiting(_) => 13,
        Filter::ReadByCustomer(_) => 14,
        Filter::ReadByOrganization(_) => 15,
        Filter::Created(_) => 16,
        Filter::Updated(_) => 17,
        Filter::LastActivity(_) => 18,
    }
}

/// One filter of every variant, by what these tickets have.
fn of_values(tickets: &[&Ticket]) -> Vec<Filter> {
    fn have<T: PartialEq>(
        tickets: &[&Ticket],
        of: impl Fn(&Ticket) -> Vec<T>,
        is: fn(OneOf<T>) -> Filter,
    ) -> Option<Filter> {
        OneOf::new(tickets.iter().flat_map(|ticket| of(ticket))).map(is)
    }
    let some = |of: fn(&Ticket) -> Timestamp| {
        let times = || tickets.iter().map(|ticket| of(ticket));
        Period { from: times().min(), until: times().max().filter(|last| times().min() < Some(*last)) }
    };
    let flag = |of: fn(&Ticket) -> bool| tickets.iter().any(|ticket| of(ticket));
    let listed = [
        have(tickets, |ticket| ticket.contact.iter().map(|contact| contact.id).collect(), Filter::Contact),
        have(tickets, |ticket| ticket.account.into_iter().collect(), Filter::Account),
        have(tickets, |ticket| ticket.uid.clone().into_iter().collect(), Filter::Uid),
        have(tickets, |ticket| vec![ticket.assignee], Filter::Assignee),
        have(tickets, |ticket| ticket.tags.iter().copied().collect(), Filter::Tag),
        have(tickets, |ticket| vec![ticket.team], Filter::Team),
        have(tickets, |ticket| ticket.category.into_iter().collect(), Filter::Category),
        have(tickets, |ticket| ticket.channel.iter().map(|channel| channel.id).collect(), Filter::Channel),
        have(tickets, |ticket| ticket.channel.iter().map(|channel| channel.kind).collect(), Filter::ChannelType),
        have(tickets, |ticket| vec![ticket.status], Filter::Status),
        have(tickets, |ticket| vec![ticket.source], Filter::Source),
        have(tickets, |ticket| vec![ticket.priority], Filter::Priority),
        have(tickets, |ticket| vec![ticket.awaiting], Filter::Awaiting),
    ];
    let others = [
        Filter::ReadByCustomer(flag(|ticket| ticket.is_read_by_customer)),
        Filter::ReadByOrganization(flag(|ticket| ticket.is_read_by_organization)),
        Filter::Created(some(|ticket| ticket.created_at)),
        Filter::Updated(some(|ticket| ticket.updated_at)),
        Filter::LastActivity(some(|ticket| ticket.last_activity_at)),
    ];
    listed.into_iter().flatten().chain(others).chain(tickets.iter().flat_map(|ticket| of_custom(ticket))).collect()
}

/// By every value of a custom field, and by every choice.
fn of_custom(ticket: &Ticket) -> Vec<Filter> {
    let filter = |key: &FieldKey, value: &FieldValue, is_member| {
        Filter::Custom(CustomFilter { key: key.clone(), values: value.clone().into(), is_member })
    };
    let of = |(key, value): (&FieldKey, &FieldValue)| {
        let choices = match value {
            FieldValue::Choices(choices) => choices.iter().cloned().map(FieldValue::Text).collect(),
            // A member of something that is no list.
            value => vec![value.clone()],
        };
        let members: Vec<_> = choices.iter().map(|choice| filter(key, choice, true)).collect();
        members.into_iter().chain([filter(key, value, false)]).collect::<Vec<_>>()
    };
    ticket.custom.iter().flat_map(of).collect()
}

/// Tickets, each with an id of its own.
fn tickets() -> impl Strategy<Value = Vec<Ticket>> {
    collection::vec(testing::ticket(), 2..24).prop_map(|tickets| {
        let named = |(id, ticket): (u128, Ticket)| Ticket { id: TicketId::new(uuid::Uuid::from_u128(id)), ..ticket };
        (1..).zip(tickets).map(named).collect()
    })
}

/// The item and the row of a ticket, in a partition that holds all of them.
fn stored(partition: &str, ticket: &Ticket) -> [Item; 2] {
    let mut item = encode(ticket);
    item.insert("l_pk".to_owned(), text(partition));
    let key = Key { pk: partition.to_owned(), sk: keys::short(ticket.id.uuid()) };
    let mut row = lambdesk_table::item::keyed(key);
    row.extend(columns::of(ticket).into_iter().map(|(name, value)| (name.to_owned(), text(value))));
    [item, row]
}

/// The tickets that a condition leaves.
async fn left(table: &TestTable, query: Query, condition: String, names: Expression) -> BTreeSet<TicketId> {
    let query = query.filter(Some(condition)).with(names);
    let items = table.table.query(query).await.expect("it is read").items;
    let id = |item: &Item| {
        let key = item["sk"].as_s().expect("a text");
        let key = if key == "T" { item["pk"].as_s().expect("a text") } else { key };
        keys::ticket_at(key).expect("a ticket's id")
    };
    items.iter().map(id).collect()
}

/// Holds the filters by what the first of some tickets have, so many, to all of them;
/// answers which variants those were.
async fn holds(table: &TestTable, partition: &str, tickets: &[Ticket], first: usize) -> BTreeSet<usize> {
    table.put_all(tickets.iter().flat_map(|ticket| stored(partition, ticket)).collect()).await;
    let first: Vec<_> = tickets.iter().take(first).collect();
    let mut seen = BTreeSet::new();
    for filter in of_values(&first) {
        seen.insert(place(&filter));
        let matching: BTreeSet<_> =
            tickets.iter().filter(|ticket| filter.matches(ticket)).map(|ticket| ticket.id).collect();
        let mut names = Expression::default();
        let condition = filter.expression(&mut names);
        let by_item = left(&table, Query::in_index(Index::List, partition), condition, names).await;
        assert_eq!(by_item, matching, "the table filters items otherwise by {filter:?}");
        let mut names = Expression::default();
        if let Some(condition) = columns::expression(filter.column().as_slice(), &mut names) {
            let by_row = left(&table, Query::of(partition), condition, names).await;
            // A column has the end of an id: it may let others through.
            assert!(by_row.is_superset(&matching), "rows lack what matches {filter:?}");
            let is_exact = matches!(filter, Filter::Assignee(_) | Filter::Channel(_)) || by_row == matching;
            assert!(is_exact, "rows are not filtered by {filter:?}");
        }
    }
    seen
}

/// The three spellings of every filter are one: on a ticket, on its item, on its row.
#[test]
fn the_table_filters_items_and_rows_as_a_ticket_is_matched() {
    let seen = RefCell::new(Vec::new());
    check(12, &(tickets(), 1..=2_usize), async |table, (tickets, first)| {
        let partition = seen.borrow().len().to_string();
        let variants = holds(table, &partition, &tickets, first).await;
        seen.borrow_mut().push(variants);
        Ok(())
    });
    let seen: BTreeSet<_> = seen.into_inner().into_iter().flatten().collect();
    assert!(seen.into_iter().eq(0..=18), "a variant was never tried");
}

proptest! {
    /// What doesn't find a ticket must not match it.
    #[test]
    fn the_rows_that_select_a_filters_tickets_are_had_by_every_ticket_that_matches(
        a in testing::ticket(), b in testing::ticket(), only_active: bool,
    ) {
        for (by, filter) in [SortBy::Created, SortBy::Updated].into_iter().flat_map(|by| of_values(&[&a]).into_iter().map(move |filter| (by, filter))) {
            let Some(selective) = filter.selective(by, only_active) else { continue };
            for ticket in [&a, &b].into_iter().filter(|ticket| filter.matches(ticket)) {
                let values = indexed_values(ticket);
                let is_found = selective.sources.iter().any(|source| match source {
                    RowSource::Contact(contact) => ticket.contact.as_ref().is_some_and(|own| own.id == *contact),
                    RowSource::Assigned(user) => ticket.assignee == *user,
                    RowSource::Indexed(value) => values.contains(value),
                    _ => false,
                });
                prop_assert!(is_found, "{filter:?}");
            }
        }
    }

    #[test]
    fn what_is_in_reach_matches_the_filter_that_the_reach_amounts_to(
        ticket in testing::ticket(), actor in testing::actor(), rules in testing::rules(),
    ) {
        let reach = actor.reach(rules);
        let matches = Filter::of_reach(reach).is_none_or(|filter| filter.matches(&ticket));
        prop_assert_eq!(matches, reach.covers(ticket.assignee, ticket.channel.map(|channel| channel.id)));
    }
}

#[test]
fn values_are_had_once_and_none_are_no_filter() {
    assert_eq!(OneOf::<u8>::new([]), None);
    assert_eq!(OneOf::new([2, 1, 2]).as_deref(), Some(&[2, 1][..]));
}
