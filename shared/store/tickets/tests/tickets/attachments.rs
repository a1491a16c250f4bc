//! Files: each is taken by one message at most, and marked when that goes.

use lambdesk_domain::{
    access::{Actor, ActorRef},
    attachment::{Attachment, Carrier, FileSize, Upload},
    command::{Change, Context, Decision, NewReply, Prior, Remains, ReplyKind, delete_message, reply},
    id::{AttachmentId, MessageId, RequestId},
    message::SenderKind,
    status::{Shelf, Status},
    testing,
    ticket::Ticket,
};
use lambdesk_store_tickets::{CommitError, NewItems};
use lambdesk_table::measured;
use lambdesk_testkit::{TestTable, renamed, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

async fn with_ticket() -> (TestTable, Ticket) {
    let table = TestTable::new().await;
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let ticket = Ticket { shelf: Shelf::Live, status: Status::Open, status_before_spam: None, ..ticket };
    table.store.tickets.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
    (table, ticket)
}

fn file(number: u128) -> Attachment {
    Attachment {
        id: AttachmentId::new(Uuid::from_u128(number)),
        file_name: format!("file {number}.txt").parse().expect("a name"),
        content_type: "text/plain".parse().expect("a type"),
        size: FileSize::try_from(7).expect("a size"),
    }
}

async fn announce(table: &TestTable, ticket: &Ticket, number: u128) -> Upload {
    let by = ActorRef { kind: SenderKind::System, id: None };
    let at = ticket.updated_at;
    let upload = Upload { ticket_id: ticket.id, file: file(number), by, at, carrier: None, is_doomed: false };
    table.store.tickets.announce_attachment(ticket.workspace_id, &upload, None).await.expect("it is announced");
    upload
}

fn context(ticket: &Ticket, second: u64) -> Context {
    Context {
        actor: Actor::System,
        request_id: Some(RequestId::new(Uuid::from_u128(99))),
        if_match: None,
        now: ticket.updated_at.plus(Duration::from_secs(second)),
        ..sample(&testing::context())
    }
}

/// A note with these files.
fn note(ticket: &Ticket, number: u64, files: &[u128]) -> Change {
    let new = NewReply {
        ticket_id: ticket.id,
        id: MessageId::new(Uuid::from_u128(u128::from(number))),
        kind: ReplyKind::Note,
        status: None,
        attachments: files.iter().map(|number| file(*number)).collect(),
        ..sample(&testing::new_reply())
    };
    match reply(&new, &context(ticket, number), Prior::Unknown) {
        Ok(Decision::Change(change)) => *change,
        other => panic!("no change: {other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_taken_once_and_who_comes_second_writes_nothing() {
    let (table, ticket) = with_ticket().await;
    let (store, workspace) = (&table.store.tickets, ticket.workspace_id);
    let announced = [announce(&table, &ticket, 1).await, announce(&table, &ticket, 2).await];
    let ids = announced.clone().map(|upload| upload.file.id);
    assert_eq!(store.attachments_of(workspace, ticket.id, &[ids[1], ids[0]]).await.expect("read").len(), 2);
    let first = note(&ticket, 1, &[1]);
    let (taken, usage) = measured(store.commit(workspace, ticket.id, &first, None)).await;
    taken.expect("it takes the first");
    assert_eq!(usage.round_trips(), 1);
    let second = store.commit(workspace, ticket.id, &note(&ticket, 2, &[2, 1]), None).await;
    assert!(matches!(second, Err(CommitError::AttachmentTaken)), "{second:?}");
    let unknown = store.commit(workspace, ticket.id, &note(&ticket, 3, &[3]), None).await;
    assert!(matches!(unknown, Err(CommitError::AttachmentTaken)), "{unknown:?}");
    let page = store.attachments(workspace, ticket.id, 10).await.expect("read");
    let carrier = first.message.as_ref().map(Carrier::from);
    let [one, two] = announced;
    assert_eq!(page.items, [Upload { carrier, ..one }, two]);
    let messages = store.messages(workspace, ticket.id, None, true, 10).await.expect("read").items;
    assert_eq!(messages, first.message.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_message_goes_with_its_files_marked_and_a_second_time_nothing_happens() {
    let (table, ticket) = with_ticket().await;
    let (store, workspace) = (&table.store.tickets, ticket.workspace_id);
    let upload = announce(&table, &ticket, 1).await;
    let written = note(&ticket, 1, &[1]);
    store.commit(workspace, ticket.id, &written, None).await.expect("written");
    let before = store.ticket(workspace, ticket.id).await.expect("read").expect("it is there");
    let message = written.message.expect("a note");
    let remains = Remains { newest: &[], is_all: false };
    let deletion = delete_message(&message, remains, &context(&ticket, 2), &before).expect("the system may");
    store.commit(workspace, ticket.id, &deletion, None).await.expect("deleted");
    assert_eq!(store.message(workspace, ticket.id, message.id).await.expect("read"), None);
    let found = store.attachment(workspace, ticket.id, upload.file.id).await.expect("read").expect("it is there");
    assert!(found.is_doomed && found.carrier == Some(Carrier::from(&message)));
    let after = store.ticket(workspace, ticket.id).await.expect("read").expect("it is there");
    assert_eq!(after, deletion.applied_to(&before));
    let again = store.commit(workspace, ticket.id, &deletion, None).await;
    assert!(matches!(again, Err(CommitError::PreconditionFailed(_))), "{again:?}");
    store.forget_attachment(workspace, ticket.id, upload.file.id).await.expect("forgotten");
    assert!(store.attachments(workspace, ticket.id, 10).await.expect("read").items.is_empty());
}
