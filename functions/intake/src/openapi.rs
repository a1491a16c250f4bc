//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{
    attachments::{self, FileId},
    body::{Submission, TicketBody},
    channel_access::{self, ChannelAccess},
    create, reply, session, thread,
    ticket_token::{self, OwnTicket, TicketToken},
    view::{OpenedView, RepliedView, VisitorMessageView, VisitorTicketView},
    visitor_write::VisitorWrite,
};
use axum::http::Method;
use lambdesk_api::{
    download::FileView,
    openapi::{DescribeOperation, Operation, Operations},
};
use lambdesk_domain::id::{AttachmentId, MessageId};
use serde_json::json;

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    Operations::of("Intake", "What visitors do, without an account: open a ticket, read it, reply.")
        .op(session::begin, "Begin a session on a page of the channel's", |op| {
            op.about(
                "With `identity`, a token that the site's own login has signed, the session is that person's: its \
                 tickets are `portal`, with the token's `sub` as `uid` and its `email` and `name`. A bad token is \
                 refused with 422 `invalid_identity`.",
            );
            op.one::<session::SessionView>(201, "A session for half an hour.", &[]);
        })
        .op(create::create, "Open a ticket", |op| {
            op.about("JSON, or a plain form with `session`, `subject`, `message`, `name`, `email` and `phone`.");
            op.secured_here_or_in_body("session");
            op.refuses(&[401]);
            op.one::<OpenedView>(201, "The ticket, and once the token that opens it again.", &[]);
        })
        .op(thread::get, "One's own ticket", Operation::ok::<VisitorTicketView>)
        .op(thread::list, "Its public messages, oldest first", |op| {
            op.query_of::<MessageId>("after", "Only those after this one.");
            op.page::<VisitorMessageView>();
        })
        .op(reply::reply, "Reply", |op| op.one::<RepliedView>(201, "The message.", &[]))
        .op(thread::mark_read, "Mark as read", Operation::no_content)
        .op(attachments::get, "A link to a file of one's own ticket", |op| {
            op.query("redirect", json!({ "type": "boolean", "default": false }), "Lead to the link instead.");
            op.ok::<FileView>();
            op.answers(302, "The link, as `Location`.", None);
        })
        .op(channel_access::preflight, "Whether a page may ask (CORS)", preflight)
        .op(ticket_token::preflight, "Whether a page may ask (CORS)", |op| {
            op.text_in_path("The file.");
            preflight(op);
        })
}

fn preflight(op: &mut Operation) {
    op.answers(204, "It may.", None);
}

impl DescribeOperation for ChannelAccess {
    fn tell(op: &mut Operation) {
        op.text_in_path("The channel's public token.");
        from_page(op);
    }
}

impl DescribeOperation for TicketToken {
    fn tell(op: &mut Operation) {
        op.text_in_path("The ticket's public token, as it was shown when the ticket was opened.");
        from_page(op);
    }
}

impl DescribeOperation for FileId {
    fn tell(op: &mut Operation) {
        op.in_path::<AttachmentId>();
    }
}

impl DescribeOperation for OwnTicket {
    fn tell(op: &mut Operation) {
        TicketToken::tell(op);
    }
}

/// Pages are held to the channel's hosts; programs may come without.
fn from_page(op: &mut Operation) {
    op.header("Origin", json!({ "type": "string" }), "The page's origin, as browsers send it.");
    op.refuses(&[403, 404]);
}

impl DescribeOperation for VisitorWrite {
    fn tell(op: &mut Operation) {
        if *op.method() == Method::POST {
            let key =
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\t -~]*[!-~][\t -~]*$" });
            op.header("Idempotency-Key", key, "With it, the same request gives the same answer.");
        }
        op.refuses(&[400, 409, 422]);
    }
}

/// The fields of a plain form; empty ones are as good as absent.
fn form() -> serde_json::Value {
    let field = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "properties": {
            "session": field("The visitor's session, unless it is in `Authorization`."),
            "subject": field("What it is about."),
            "message": field("What opens it, as text."),
            "name": field("Who writes."),
            "email": field("Their address."),
            "phone": field("Their number."),
            "uid": field("What the site calls the visitor."),
        },
        "additionalProperties": false,
    })
}

impl DescribeOperation for Submission {
    fn tell(op: &mut Operation) {
        op.body::<TicketBody>(&["application/json"], true);
        op.requires(&["message"]);
        op.body_as("application/x-www-form-urlencoded", form());
    }
}
