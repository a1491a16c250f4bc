//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{
    deliveries, endpoints, events, replay, sweeps,
    view::{DeliveryDetail, DeliveryView, EndpointView},
};
use lambdesk_api::openapi::{Access, Callers, Operation, Operations};
use lambdesk_domain::{
    access::Scope,
    events::EventType,
    id::{ContactId, TicketId},
    sweep::Run,
    webhook::DeliveryState,
};
use serde_json::json;

/// What tells of every ticket.
const SEEING_ALL: Access = Access::of(&[Scope::WebhooksRead], Callers::SeeingAll);

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    let operations = Operations::of("Webhooks and events", "Who hears of what happens, and what happened.")
        .needing(
            Access::of(&[Scope::WebhooksRead], Callers::FullStaff),
            Access::of(&[Scope::WebhooksWrite], Callers::Admins),
        )
        .op(events::feed, "What happened, in an order that can be polled", |op| {
            op.query(
                "limit",
                json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 25 }),
                "The most events of a page.",
            );
            op.query(
                "after",
                json!({ "type": "string", "minLength": 1 }),
                "A position as it was answered: `next` of a page, or an event's; or `now`, for what is still to come.",
            );
            op.query_any_of::<EventType>("type", "Only these types.");
            op.query_any_of::<TicketId>("ticket_id", "Only of these tickets, and of the contacts that are named.");
            op.query_any_of::<ContactId>("contact_id", "Only of these contacts, and of the tickets that are named.");
            op.needs(Access::of(&[Scope::TicketsRead], Callers::All).or(Scope::WebhooksRead));
            op.about(
                "Oldest first, about eight seconds late: so none appears before one that was told. With `webhooks:read` \
                 and sight of all tickets: everything, contacts too where the key may know of them. With \
                 `tickets:read`: of the tickets within sight, as they come and go. Of up to four `ticket_id` and \
                 `contact_id` together their own events are read, however much else happened.",
            );
            let page = op.schema_of::<events::FeedView<'_>>();
            op.answers(200, "A page.", Some(("application/json", page)));
        })
        .op(sweeps::list, "What the latest runs of the sweep did, newest first", |op| {
            op.needs(Access::of(&[Scope::Admin], Callers::Admins));
            op.page::<Run>();
        });
    with_deliveries(with_endpoints(operations))
}

fn with_endpoints(operations: Operations) -> Operations {
    operations
        .op(endpoints::list, "Webhooks, oldest first", Operation::page::<EndpointView<'_>>)
        .op(endpoints::get, "A webhook", Operation::ok::<EndpointView<'_>>)
        .op(endpoints::create, "Make a webhook", |op| {
            op.about("The answer shows the secret that its deliveries are signed with: here and never again.");
            op.requires(&["url", "types"]);
            op.leaves_out(&["If-Match"]);
            op.created::<EndpointView<'_>>();
        })
        .op(endpoints::patch, "Change a webhook, or switch it off or on", |op| {
            op.leaves_out(&["If-Match"]);
            op.ok::<EndpointView<'_>>();
        })
        .op(endpoints::delete, "Delete a webhook", |op| {
            op.leaves_out(&["If-Match"]);
            op.no_content();
        })
        .op(endpoints::rotate_secret, "Make a new secret", |op| {
            op.about("Deliveries are signed with the new secret and the one before it, until the next rotation.");
            op.leaves_out(&["If-Match"]);
            op.ok::<EndpointView<'_>>();
        })
}

fn with_deliveries(operations: Operations) -> Operations {
    let queues = |op: &mut Operation| {
        op.leaves_out(&["If-Match", "silent"]);
        op.one::<DeliveryDetail>(202, "It is on its way.", &[]);
    };
    operations
        .op(deliveries::list, "Deliveries to a webhook, newest first", |op| {
            op.query_any_of::<DeliveryState>("state", "Only these.");
            op.needs(SEEING_ALL);
            op.page::<DeliveryView>();
        })
        .op(deliveries::get, "A delivery with its attempts", |op| {
            op.needs(SEEING_ALL);
            op.ok::<DeliveryDetail>();
        })
        .op(deliveries::test, "Send a test", queues)
        .op(deliveries::retry, "Send a delivery again, or without waiting for its next attempt", queues)
        .op(replay::replay, "Send what happened in a range of time once more", |op| {
            op.about(
                "A request looks through 3,000 events and queues 500 at most. Until `is_complete`, it goes on with `after` as \
                 `next` says. A hundred deliveries go out at once, the others of the workspace ten a second, with the sweep of \
                 each minute. With 3,000 on their way another request is answered 429.",
            );
            op.requires(&["since", "until"]);
            op.leaves_out(&["If-Match", "silent"]);
            op.one::<replay::ReplayOutcome>(202, "They are on their way.", &[]);
        })
}
