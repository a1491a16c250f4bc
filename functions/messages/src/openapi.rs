//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{
    attachments::{self, AnnouncedView},
    delete, edit, post, read,
};
use lambdesk_api::{
    download::FileView,
    openapi::{Access, Callers, Operation, Operations},
    render::MessageView,
};
use lambdesk_domain::{access::Scope, message::MessageKind};
use serde_json::json;

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    Operations::of("Messages", "A ticket's thread: replies, notes, files.")
        .needing(Access::of(&[Scope::TicketsRead], Callers::All), Access::of(&[Scope::TicketsWrite], Callers::All))
        .op(read::list, "A ticket's messages", |op| {
            op.query_any_of::<MessageKind>("kind", "Only these kinds. Pages may then be short.");
            op.query("order", json!({ "enum": ["asc", "desc"], "default": "asc" }), "Oldest or newest first.");
            op.page::<MessageView>();
        })
        .op(read::get, "A message", Operation::ok::<MessageView>)
        .op(post::post, "Reply, write a note, or relay the customer's words", |op| {
            op.about("On a closed ticket the customer's words start a new one; `ticket_id` of the answer tells.");
            op.created::<MessageView>();
        })
        .op(edit::edit, "Change what a message says", Operation::ok::<MessageView>)
        .op(delete::delete, "Delete a message", Operation::no_content)
        .op(attachments::announce, "Announce a file, to be uploaded by the request in the answer", |op| {
            op.requires(&["file_name", "size"]);
            op.created::<AnnouncedView>();
        })
        .op(attachments::get, "A link to a file", |op| {
            op.query("redirect", json!({ "type": "boolean", "default": false }), "Lead to the link instead.");
            op.ok::<FileView>();
            op.answers(302, "The link, as `Location`.", None);
        })
}
