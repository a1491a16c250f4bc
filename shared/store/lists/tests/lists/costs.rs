//! What lists and their rows cost, in round trips and capacity units: the figures of the
//! crate's README.

use lambdesk_domain::{
    access::Reach,
    id::TagId,
    status::Status,
    ticket::Ticket,
};
use lambdesk_store_lists::{ListFilter, ListQuery, ListStart, Sort};
use lambdesk_table::{TableError, Tenant, keys::State, measured};
use lambdesk_testkit::{
    TestTable,
    typical::{NOW, id, opened},
    workspace,
};
use std::time::Duration;

#[tokio::test]
async fn a_page_of_a_list_is_one_request_for_each_state() {
    let table = TestTable::new().await;
    table.fill(&(100..150).map(|number| opened(number).0).collect::<Vec<_>>()).await;
    let lists = async |states: &[Status]| {
        let query = ListQuery {
            states: states.iter().copied().map(State::Live).collect(),
            filter: ListFilter::default(),
            search: None,
            hide_snoozed: true,
            reach: Reach::All,
            sort: Sort::default(),
            start: ListStart::First { skip: 0 },
            limit: 25,
            now: NOW,
        };
        let (page, usage) = measured(table.store.lists.list(&Tenant::new(workspace(1)), &query)).await;
        assert_eq!(page.expect("it is read").tickets.len(), 25);
        (usage.round_trips(), usage.units())
    };
    assert_eq!(lists(&[Status::Open]).await, (1, 3.0));
    let open = [Status::Open, Status::InProgress, Status::Waiting, Status::OnHold];
    assert_eq!(lists(&open).await, (4, 4.5));
}

/// Requests, and units of table and indexes together.
async fn written(write: impl Future<Output = Result<(), TableError>>) -> (usize, f64) {
    let (written, usage) = measured(write).await;
    written.expect("they are written");
    (usage.round_trips(), usage.units())
}

#[tokio::test]
async fn the_rows_of_lists_cost_what_has_moved() {
    let table = TestTable::new().await;
    let (new, _) = opened(10);
    let lists = &table.store.lists;
    let places = async |old: Option<&Ticket>, new: &Ticket| written(lists.place_rows(old, new)).await;
    assert_eq!(places(None, &new).await, (1, 4.0), "its number, its last change and activity, its channel");
    let later = NOW.plus(Duration::from_mins(5));
    let replied = Ticket { updated_at: later, last_activity_at: later, ..new.clone() };
    assert_eq!(places(Some(&new), &replied).await, (1, 4.0), "both move: out of one place, into another");
    let closed = Ticket { status: Status::Closed, ..replied.clone() };
    assert_eq!(places(Some(&replied), &closed).await, (1, 6.0), "group of its number, order, change, activity");
    let tagged = Ticket { tags: [TagId::new(id(9))].into(), ..closed.clone() };
    assert_eq!(places(Some(&closed), &tagged).await, (1, 2.0), "by creation and by day");
    let next_day = Ticket { last_activity_at: NOW.plus(Duration::from_hours(24)), ..tagged.clone() };
    assert_eq!(places(Some(&tagged), &next_day).await, (1, 4.0), "activity, and another day");
    assert_eq!(places(Some(&next_day), &next_day).await, (0, 0.0));
    assert_eq!(written(lists.remove_rows(&next_day)).await, (1, 7.0));
    assert_eq!(table.size().await, 0);
}
