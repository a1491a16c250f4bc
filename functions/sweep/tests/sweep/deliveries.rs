//! Deliveries whose hint was lost, or whose next attempt is due.

use crate::support::SweepDesk;
use lambdesk_runtime::Hint;
use std::time::Duration;

#[tokio::test]
async fn a_delivery_whose_hint_was_lost_gets_another() {
    let desk = SweepDesk::open().await;
    let endpoint = desk.endpoint_of_all().await;
    let ticket = desk.ticket().await;
    desk.project_all(ticket.id).await;
    let run = desk.run().await;
    let delivery = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 1).await.unwrap().items.remove(0);
    assert_eq!((run.deliveries.found, run.deliveries.done), (1, 1));
    assert_eq!(desk.hints(), [Hint::from(&delivery)]);
}

#[tokio::test]
async fn a_delivery_gets_no_hint_before_it_is_due_or_when_it_is_finished() {
    let desk = SweepDesk::open().await;
    let endpoint = desk.endpoint_of_all().await;
    for _ in 0..2 {
        let ticket = desk.ticket().await;
        desk.project_all(ticket.id).await;
    }
    let mut log = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 2).await.unwrap().items;
    let (mut waiting, finished) = (log.remove(0), log.remove(0).abandoned());
    waiting.next_attempt_at = desk.now().plus(Duration::from_hours(2));
    desk.store.webhooks.put_delivery(&waiting).await.unwrap();
    desk.store.webhooks.put_delivery(&finished).await.unwrap();
    desk.run().await;
    assert_eq!(desk.hints(), []);

    desk.wait(Duration::from_hours(2));
    desk.run().await;
    assert_eq!(desk.hints(), [Hint::from(&waiting)]);
}
