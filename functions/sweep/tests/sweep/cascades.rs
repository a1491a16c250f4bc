//! Cascades whose request is over.

use crate::support::SweepDesk;
use lambdesk_domain::{
    access::Cause,
    cascade::{Cascade, RemovedValue},
    command::{Fields, Update},
    custom_field::{FieldDefinition, FieldKind, FieldValue},
    directory::Entry,
    id::{CascadeId, FieldId, RequestId, TagId, TicketId},
    patch::TagChange,
    set::Set,
    status::Status,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_runtime::new_uuid;
use lambdesk_store_tickets::{CascadeProgress, begin_cascade};
use lambdesk_table::{Tenant, item::text};
use std::{collections::BTreeSet, time::Duration};

const DAY: Duration = Duration::from_hours(24);

fn cascade(removed: RemovedValue, requested_at: Timestamp, passes: u8) -> Cascade {
    Cascade {
        id: CascadeId::new(new_uuid()),
        steps: vec![removed.into()],
        requested_at,
        requested_by: Cause::SYSTEM.actor,
        request_id: RequestId::new(new_uuid()),
        is_silent: false,
        passes,
        at: 0,
        after: None,
    }
}

impl SweepDesk {
    /// Tickets with a tag, which the fan-out has indexed.
    async fn tagged(&self, tag: TagId, count: usize) -> Vec<TicketId> {
        let mut tickets = Vec::new();
        for _ in 0..count {
            let fields = Fields { tags: TagChange::Attach(BTreeSet::from([tag])), ..Fields::default() };
            let ticket = self.apply(&self.ticket().await, &Update::Fields(Box::new(fields))).await;
            self.project_all(ticket.id).await;
            tickets.push(ticket.id);
        }
        tickets
    }

    async fn begin(&self, cascade: &Cascade) {
        self.table.table.write(begin_cascade(self.workspace, cascade)).await.unwrap();
    }

    /// Work whose time is over after one slice.
    async fn slice(&self, cascade: &Cascade) -> CascadeProgress {
        let (tickets, directories) = (&self.store.tickets, &self.store.directories);
        tickets.work_on_cascade(directories, self.workspace, cascade.id, || self.now(), || true).await.unwrap()
    }

    async fn with_tag(&self, tag: TagId, tickets: &[TicketId]) -> usize {
        let mut count = 0;
        for ticket in tickets {
            count += usize::from(self.ticket_now(*ticket).await.tags.contains(&tag));
        }
        count
    }

    async fn sized(&self, value: FieldValue) -> Ticket {
        let fields = Fields::of([Set::Custom("size".parse().unwrap(), Some(value))]);
        let ticket = self.apply(&self.ticket().await, &Update::Fields(Box::new(fields))).await;
        self.project_all(ticket.id).await;
        ticket
    }

    async fn size_of(&self, ticket: &Ticket) -> Option<FieldValue> {
        self.ticket_now(ticket.id).await.custom.get(&"size".parse().unwrap()).cloned()
    }

    fn new_field(&self, kind: FieldKind, options: &[&str]) -> FieldDefinition {
        FieldDefinition {
            id: FieldId::new(self.clock.new_uuid()),
            key: "size".parse().unwrap(),
            name: "Size".parse().unwrap(),
            kind,
            is_required: false,
            options: options.iter().map(|option| option.parse().unwrap()).collect(),
        }
    }
}

#[tokio::test]
async fn what_a_pass_leaves_is_found_by_later_runs_however_long_ago_it_was_asked_for() {
    let desk = SweepDesk::open().await;
    let tag = TagId::new(new_uuid());
    let tickets = desk.tagged(tag, 60).await;
    desk.wait(DAY);
    let last_pass = cascade(RemovedValue::Tag(tag), desk.now().minus(DAY), 3);
    // So that the sweep has dealt with all hours until now.
    desk.run().await;
    desk.begin(&last_pass).await;
    assert_eq!(desk.slice(&last_pass).await, CascadeProgress::Unfinished);
    assert_eq!(desk.with_tag(tag, &tickets).await, 10);
    desk.wait(Duration::from_mins(1));
    let run = desk.run().await;
    assert_eq!((run.jobs.done, run.errors, desk.with_tag(tag, &tickets).await), (1, 0, 0));
    desk.wait(DAY);
    assert_eq!(desk.run().await.jobs.found, 0, "that was the last pass");
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_holds_up_no_other() {
    let desk = SweepDesk::open().await;
    let tag = TagId::new(new_uuid());
    let tickets = desk.tagged(tag, 3).await;
    let [first, broken, last] = tickets[..] else { panic!("three") };
    let key = Tenant::new(desk.workspace).ticket(broken);
    let whole = desk.table.item(key).await.unwrap();
    let mut unreadable = whole.clone();
    unreadable.insert("st".to_owned(), text("unknown"));
    desk.table.put(unreadable).await;
    let first_pass = cascade(RemovedValue::Tag(tag), desk.now(), 0);
    desk.begin(&first_pass).await;
    assert_eq!(desk.slice(&first_pass).await, CascadeProgress::Rests);
    assert_eq!(desk.with_tag(tag, &[first, last]).await, 0);
    desk.table.put(whole).await;
    desk.wait(Duration::from_mins(2));
    assert_eq!((desk.run().await.errors, desk.with_tag(tag, &tickets).await), (0, 0), "the next pass takes it");
}

#[tokio::test]
async fn a_field_that_takes_the_key_of_another_keeps_its_own_values_and_none_of_the_other() {
    let desk = SweepDesk::open().await;
    let number = |number: u64| FieldValue::Number(number.into());
    let (old, odd) = (desk.sized(number(1)).await, desk.sized(FieldValue::Text("old".to_owned())).await);
    desk.wait(Duration::from_secs(1));
    let field = desk.new_field(FieldKind::Number, &[]);
    desk.add(&Entry::Field(field.clone())).await;
    desk.wait(Duration::from_secs(1));
    let new = desk.sized(number(7)).await;
    // Another change does not make a value new that does not fit.
    desk.set_status(odd.id, Status::InProgress).await;
    let removal = cascade(RemovedValue::Field(field.key), desk.now(), 0);
    desk.begin(&removal).await;
    for wait in [Duration::ZERO, Duration::from_mins(1), Duration::from_mins(15), DAY] {
        desk.wait(wait);
        desk.run().await;
    }
    assert_eq!([&old, &odd].map(|ticket| ticket.version.0), [2, 2], "both had a value");
    assert_eq!((desk.size_of(&old).await, desk.size_of(&odd).await), (None, None));
    assert_eq!(desk.size_of(&new).await, Some(number(7)));
}

#[tokio::test]
async fn an_option_that_is_there_again_stays() {
    let desk = SweepDesk::open().await;
    let choice = |option: &str| FieldValue::Text(option.to_owned());
    let (red, blue) = (desk.sized(choice("red")).await, desk.sized(choice("blue")).await);
    let field = desk.new_field(FieldKind::Choice, &["red"]);
    desk.add(&Entry::Field(field.clone())).await;
    for option in ["red", "blue"] {
        let removed = RemovedValue::Option(field.key.clone(), option.parse().unwrap());
        desk.begin(&cascade(removed, desk.now(), 0)).await;
    }
    desk.wait(Duration::from_mins(1));
    assert_eq!(desk.run().await.errors, 0);
    assert_eq!((desk.size_of(&red).await, desk.size_of(&blue).await), (Some(choice("red")), None));
}
