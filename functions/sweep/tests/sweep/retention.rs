//! The end of tickets: trash, restore window, retention.

use crate::support::SweepDesk;
use lambdesk_domain::{
    access::Actor,
    command::{NewTicket, Opening, Update},
    directory::{Days, DeletionPolicy, Retention},
    id::{MessageId, TicketId},
    message::Content,
    status::{Lifecycle, Status},
    sweep::RunTally,
    testing::samples::new_ticket,
    ticket::Ticket,
};
use lambdesk_runtime::new_uuid;
use lambdesk_store_events::ChangeRecord;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

const DAY: Duration = Duration::from_hours(24);

fn tally(found: u64, done: u64, skipped: u64) -> RunTally {
    RunTally { found, done, skipped }
}

impl SweepDesk {
    /// With the settings of a workspace that keeps tickets so long, before anything was
    /// put into its trash.
    async fn keeping(restore_window: u16, finished: Option<u16>) -> Self {
        let desk = Self::open().await;
        let finished = finished.map(|days| Days::new(days).unwrap());
        desk.keep(|retention| {
            *retention = Retention { restore_window: Days::new(restore_window).unwrap(), finished };
        })
        .await;
        let directories = &desk.store.directories;
        if let Some(sweep) = directories.retention_sweep(desk.workspace).await.unwrap() {
            let later = desk.now().plus(DAY);
            assert!(directories.end_retention_sweeps(desk.workspace, &sweep, later).await.unwrap());
        }
        desk
    }

    async fn keep(&self, change: impl FnOnce(&mut Retention)) {
        self.change_settings(|workspace| change(&mut workspace.retention)).await;
    }

    /// A ticket with a message and a follow-up, and all that the fan-out writes.
    async fn written(&self) -> Ticket {
        let message = MessageId::new(new_uuid());
        let opening = Opening {
            id: message,
            content: Content::from_text("hello").unwrap(),
            is_outbound: false,
            is_secure: false,
        };
        let follow_up_at = Some(self.now().plus(400 * DAY));
        let new =
            NewTicket { opening: Some(opening), follow_up_at, ..new_ticket(self.workspace, TicketId::new(new_uuid())) };
        let ticket = self.ticket_of(new, Actor::System).await;
        self.project_all(ticket.id).await;
        ticket
    }

    async fn put_into_trash(&self, ticket: &Ticket) -> Ticket {
        let trashed = self.apply(ticket, &Update::Delete(DeletionPolicy::Trash)).await;
        self.project_all(ticket.id).await;
        trashed
    }

    async fn trashed(&self) -> Ticket {
        let ticket = self.written().await;
        self.put_into_trash(&ticket).await
    }

    async fn is_there(&self, ticket: TicketId) -> bool {
        self.store.tickets.ticket(self.workspace, ticket).await.unwrap().is_some()
    }

    /// The keys of all items, as the stream tells them.
    fn items(&self) -> Vec<(String, String)> {
        let mut items = BTreeMap::new();
        for record in self.records() {
            let part = |path: &str| record.pointer(path).and_then(|part| part.as_str()).map(str::to_owned);
            let key = (part("/dynamodb/Keys/pk/S").unwrap(), part("/dynamodb/Keys/sk/S").unwrap());
            items.insert(key, ChangeRecord::of(&record).is_present());
        }
        items.into_iter().filter(|(_, is_there)| *is_there).map(|(key, _)| key).collect()
    }

    /// Hands the fan-out the removals of ticket items.
    async fn project_removals(&self) {
        let is_removal = |record: &Value| ChangeRecord::of(record).removed().unwrap().is_some();
        let removals: Vec<_> = self.records().into_iter().filter(is_removal).collect();
        self.project_records(&removals).await;
    }
}

#[tokio::test]
async fn a_deleted_ticket_is_purged_after_its_window_and_not_before() {
    let desk = SweepDesk::keeping(30, None).await;
    let ticket = desk.trashed().await;
    for _ in 0..29 {
        desk.wait(DAY);
        assert_eq!(desk.run().await.purged, tally(0, 0, 0));
    }
    assert!(desk.is_there(ticket.id).await);
    desk.wait(DAY);
    desk.run().await;
    desk.wait(DAY);
    let run = desk.run().await;
    assert!(!desk.is_there(ticket.id).await, "{run:?}");
    assert_eq!((run.errors, run.is_complete), (0, true));
    desk.wait(DAY);
    assert_eq!(desk.run().await.purged, tally(0, 0, 0));
}

#[tokio::test]
async fn nothing_is_left_of_a_purged_ticket_but_its_events() {
    let desk = SweepDesk::keeping(1, None).await;
    let before = desk.items();
    let ticket = desk.trashed().await;
    let other = desk.written().await;
    assert!(desk.items().len() > before.len() + 8);
    desk.wait(2 * DAY);
    assert_eq!(desk.run().await.purged, tally(1, 1, 0));
    desk.project_removals().await;
    let short = lambdesk_table::keys::short(ticket.id.uuid());
    let left: Vec<_> = desk.items().into_iter().filter(|(pk, sk)| pk.contains(&short) || sk.contains(&short)).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|(_, sk)| sk.starts_with("E#")), "{left:?}");
    assert!(desk.is_there(other.id).await);
    let (_, thread) = desk.store.tickets.thread(desk.workspace, other.id, 10).await.unwrap().unwrap();
    assert_eq!(thread.items.len(), 1);
}

#[tokio::test]
async fn a_ticket_that_came_back_in_time_stays() {
    let desk = SweepDesk::keeping(1, None).await;
    let ticket = desk.trashed().await;
    desk.wait(DAY / 2);
    let restored = desk.apply(&ticket, &Update::Restore(Days::OF_TRASH)).await;
    desk.project_all(ticket.id).await;
    desk.wait(2 * DAY);
    assert_eq!(desk.run().await.purged, tally(0, 0, 0));
    assert_eq!(desk.ticket_now(ticket.id).await, restored);
}

#[tokio::test]
async fn a_ticket_that_comes_back_at_the_last_moment_stays() {
    let desk = SweepDesk::keeping(1, None).await;
    let trashed = desk.trashed().await;
    let restored = desk.apply(&trashed, &Update::Restore(Days::OF_TRASH)).await;
    assert!(!desk.store.tickets.begin_purge(&trashed, desk.now()).await.unwrap());
    let again = desk.put_into_trash(&restored).await;
    assert!(!desk.store.tickets.begin_purge(&trashed, desk.now()).await.unwrap(), "it was put there anew");
    assert_eq!(desk.ticket_now(trashed.id).await, again);
    assert_eq!(desk.store.tickets.thread(desk.workspace, trashed.id, 5).await.unwrap().unwrap().1.items.len(), 1);
}

#[tokio::test]
async fn a_purge_that_was_cut_off_is_finished_by_the_next_run() {
    let desk = SweepDesk::keeping(30, None).await;
    let ticket = desk.trashed().await;
    assert!(desk.store.tickets.begin_purge(&ticket, desk.now()).await.unwrap());
    let in_partition = || {
        let short = lambdesk_table::keys::short(ticket.id.uuid());
        let items = desk.items().into_iter().filter(|(pk, _)| pk.ends_with(&format!("#t#{short}")));
        items.map(|(_, sk)| sk.chars().next().unwrap()).collect::<String>()
    };
    assert_eq!(in_partition(), "EEMUW");
    let run = desk.run().await;
    assert_eq!((run.errors, run.is_complete), (0, true));
    assert_eq!(in_partition(), "EE");
}

#[tokio::test]
async fn overlapping_runs_purge_once() {
    let desk = SweepDesk::keeping(1, None).await;
    for _ in 0..20 {
        desk.trashed().await;
    }
    desk.wait(2 * DAY);
    let runs = tokio::join!(desk.run(), desk.run(), desk.run());
    let runs = [runs.0, runs.1, runs.2];
    assert_eq!(runs.iter().map(|run| run.purged.done).sum::<u64>(), 20);
    assert_eq!(runs.iter().map(|run| run.errors).sum::<u64>(), 0, "{runs:?}");
}

#[tokio::test]
async fn a_long_trash_is_purged_page_by_page_and_what_is_not_due_is_passed_over() {
    let desk = SweepDesk::keeping(10, None).await;
    let mut due = Vec::new();
    for _ in 0..130 {
        let ticket = desk.ticket().await;
        due.push(desk.apply(&ticket, &Update::Delete(DeletionPolicy::Trash)).await.id);
    }
    desk.store.directories.schedule_retention_sweep(desk.workspace, desk.now()).await.unwrap();
    for _ in 0..9 {
        desk.wait(DAY);
        assert_eq!(desk.run().await.purged, tally(0, 0, 0));
    }
    let fresh = desk.trashed().await;
    desk.wait(2 * DAY);
    let run = desk.run().await;
    assert_eq!(run.purged, tally(130, 130, 0));
    assert!(desk.is_there(fresh.id).await);
    for id in due {
        assert!(!desk.is_there(id).await);
    }
}

#[tokio::test]
async fn a_run_without_time_leaves_the_retention_sweep_to_the_next() {
    let desk = SweepDesk::keeping(1, None).await;
    let ticket = desk.trashed().await;
    desk.wait(2 * DAY);
    let run = desk.sweep.run(desk.now(), Duration::ZERO).await;
    assert_eq!((run.purged, run.is_complete), (tally(0, 0, 0), false));
    assert_eq!(desk.run().await.purged, tally(1, 1, 0));
    assert!(!desk.is_there(ticket.id).await);
}

#[tokio::test]
async fn retention_sweeps_end_when_the_trash_is_empty_and_begin_again_with_it() {
    let desk = SweepDesk::keeping(1, None).await;
    assert_eq!(desk.store.directories.retention_sweep(desk.workspace).await.unwrap(), None);
    let ticket = desk.trashed().await;
    assert!(desk.store.directories.retention_sweep(desk.workspace).await.unwrap().is_some());
    let restored = desk.apply(&ticket, &Update::Restore(Days::OF_TRASH)).await;
    desk.project_all(ticket.id).await;
    desk.wait(2 * DAY);
    desk.run().await;
    assert_eq!(desk.store.directories.retention_sweep(desk.workspace).await.unwrap(), None);
    desk.put_into_trash(&restored).await;
    assert!(desk.store.directories.retention_sweep(desk.workspace).await.unwrap().is_some());
    desk.wait(2 * DAY);
    assert_eq!(desk.run().await.purged, tally(1, 1, 0));
}

#[tokio::test]
async fn a_retention_sweep_that_something_was_added_to_meanwhile_goes_on() {
    let desk = SweepDesk::keeping(1, None).await;
    desk.trashed().await;
    let now = desk.now().plus(2 * DAY);
    let read = desk.store.directories.retention_sweep(desk.workspace).await.unwrap().unwrap();
    desk.store.directories.schedule_retention_sweep(desk.workspace, now).await.unwrap();
    assert!(!desk.store.directories.end_retention_sweeps(desk.workspace, &read, now).await.unwrap());
    let read = desk.store.directories.retention_sweep(desk.workspace).await.unwrap().unwrap();
    assert!(
        !desk.store.directories.end_retention_sweeps(desk.workspace, &read, now).await.unwrap(),
        "the index may lag behind"
    );
    assert!(desk.store.directories.end_retention_sweeps(desk.workspace, &read, now.plus(DAY)).await.unwrap());
}

#[tokio::test]
async fn finished_tickets_are_deleted_after_their_retention_and_purged_after_the_window() {
    let desk = SweepDesk::keeping(3, None).await;
    let mut finished = Vec::new();
    for status in [Status::Resolved, Status::Closed, Status::Spam] {
        let ticket = desk.written().await;
        finished.push(desk.apply_status(&ticket, status).await);
    }
    let archived = desk.written().await;
    let archived = desk.apply_status(&archived, Status::Closed).await;
    finished.push(desk.apply(&archived, &Update::Archive).await);
    let open = desk.written().await;
    let put_away = desk.apply(&desk.written().await, &Update::Archive).await;
    desk.wait(6 * DAY);
    let touched = desk.apply_status(&finished.remove(0), Status::Closed).await;
    desk.wait(5 * DAY);
    assert_eq!(desk.run().await.deleted, tally(0, 0, 0), "it is off");

    desk.keep(|retention| retention.finished = Days::new(10)).await;
    let run = desk.run().await;
    assert_eq!((run.deleted, run.purged), (tally(3, 3, 0), tally(0, 0, 0)));
    for ticket in &finished {
        let now = desk.ticket_now(ticket.id).await;
        assert_eq!((now.lifecycle, now.status), (Lifecycle::Trashed, ticket.status));
        desk.project_all(ticket.id).await;
    }
    for ticket in [&open, &put_away, &touched] {
        assert_eq!(desk.ticket_now(ticket.id).await, *ticket);
    }
    for _ in 0..4 {
        desk.wait(DAY);
        desk.run().await;
    }
    for ticket in &finished {
        assert!(!desk.is_there(ticket.id).await);
    }
    desk.wait(3 * DAY);
    desk.run().await;
    assert_eq!(desk.ticket_now(touched.id).await.lifecycle, Lifecycle::Trashed, "its days are over by now, too");
    assert_eq!(desk.ticket_now(open.id).await.lifecycle, Lifecycle::Live);
}

#[tokio::test]
async fn after_a_long_outage_the_next_run_purges_what_is_past_its_window() {
    let desk = SweepDesk::keeping(1, None).await;
    let ticket = desk.trashed().await;
    desk.wait(30 * DAY);
    assert_eq!(desk.run().await.purged, tally(1, 1, 0));
    assert!(!desk.is_there(ticket.id).await);
}

#[tokio::test]
async fn another_window_holds_at_once_for_what_is_in_the_trash() {
    let desk = SweepDesk::keeping(30, None).await;
    let ticket = desk.trashed().await;
    desk.wait(5 * DAY);
    desk.keep(|retention| retention.restore_window = Days::new(5).unwrap()).await;
    assert_eq!(desk.run().await.purged, tally(1, 1, 0));
    assert!(!desk.is_there(ticket.id).await);
}

#[tokio::test]
async fn a_deletion_by_retention_is_told_like_any_other() {
    let desk = SweepDesk::keeping(3, Some(1)).await;
    let ticket = desk.apply_status(&desk.written().await, Status::Closed).await;
    desk.wait(2 * DAY);
    desk.keep(|retention| retention.finished = Days::new(2)).await;
    desk.run().await;
    desk.project_all(ticket.id).await;
    let event = desk.store.events.event(desk.workspace, ticket.id, ticket.version.next()).await.unwrap().unwrap();
    assert_eq!(event.kind, lambdesk_domain::events::EventType::TicketDeleted);
    assert_eq!(event.actor.kind, lambdesk_domain::message::SenderKind::System);
}
