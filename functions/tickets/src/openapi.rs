//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{activities, change, create, list, number, read, setters, verbs};
use lambdesk_api::{
    openapi::{Access, Callers, Operation, Operations},
    render::TicketView,
};
use lambdesk_domain::{
    access::Scope,
    events::TicketEvent,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId},
    status::{Awaiting, ChannelType, Priority, Source, Status},
    text::{Name, Uid},
    time::Timestamp,
};
use lambdesk_store_lists::Sort;
use serde_json::json;

/// What programs that speak for customers may not do.
const STAFF: Access = Access::of(&[Scope::TicketsWrite], Callers::Staff);

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    let operations = Operations::of("Tickets", "What customers ask for, and where it stands.")
        .needing(Access::of(&[Scope::TicketsRead], Callers::All), Access::of(&[Scope::TicketsWrite], Callers::All))
        .op(list::list, "List and search tickets", filters)
        .op(create::create, "Open a ticket", |op| {
            op.requires(&["subject"]);
            op.created_versioned::<TicketView>();
        })
        .op(read::get, "A ticket with its newest messages", one)
        .op(number::get, "A ticket by its number", one)
        .op(change::patch, "Change a ticket", |op| {
            op.about(PATCHES);
            op.ok_versioned::<TicketView>();
        })
        .op(change::replace, "Replace a ticket's editable fields", |op| {
            op.about("Fields that are left out are cleared, where they can be.");
            op.requires(&["subject"]);
            op.ok_versioned::<TicketView>();
        })
        .op(activities::list, "What happened to a ticket, newest first", Operation::page::<TicketEvent>);
    with_verbs(with_setters(operations))
}

fn one(op: &mut Operation) {
    let words = ["trashed", "opening_message"];
    op.query_words("include", &words, "Also when it is in the trash; with the message that opened it.");
    op.ok_versioned::<TicketView>();
}

const PATCHES: &str = "A merge patch (RFC 7396): fields that are left out stay, `null` clears. \
                       Or a JSON Patch (RFC 6902) over the same fields, on the version that it is applied to.";

fn with_setters(operations: Operations) -> Operations {
    let sets = |member: &'static str| {
        move |op: &mut Operation| {
            op.requires(&[member]);
            op.ok_versioned::<TicketView>();
        }
    };
    operations
        .op(setters::status, "Set the status", sets("status"))
        .op(setters::assignee, "Assign, or with null unassign", sets("assignee_id"))
        .op(setters::team, "Hand over to a team, or with null to none", sets("team_id"))
        .op(setters::replace_tags, "Set the tags, exactly these", sets("tags"))
        .op(setters::attach_tags, "Attach tags", sets("tags"))
        .op(setters::follow_up, "Put off until a time, or with null bring back", sets("follow_up_at"))
}

fn with_verbs(operations: Operations) -> Operations {
    let answers = Operation::ok_versioned::<TicketView>;
    operations
        .op(verbs::detach_tag, "Detach a tag", Operation::no_content)
        .op(verbs::assign_to_me, "Assign to oneself", move |op| {
            op.needs(Access::of(&[Scope::TicketsWrite], Callers::Users));
            answers(op);
        })
        .op(verbs::archive, "Archive", move |op| {
            op.needs(STAFF);
            answers(op);
        })
        .op(verbs::restore, "Restore from the archive, the trash or the screening", move |op| {
            op.needs(STAFF);
            answers(op);
        })
        .op(verbs::read, "Mark as read by the organization", answers)
        .op(verbs::unread, "Mark as unread by the organization", answers)
        .op(verbs::delete, "Delete: into the trash, where the workspace allows it", |op| {
            op.needs(STAFF);
            op.no_content();
        })
}

const LIST: &str = "Several values of a filter mean any of them (50 at most); different filters must all hold. \
                    `custom.<key>=` filters by a custom field. Spam, archived, trashed and unprocessed tickets, and those \
                    put off until later, are left out unless they are asked for. A page may be short where a filter \
                    leaves out much: `next_cursor` says whether the list goes on.";
const INCLUDES: [&str; 5] = ["spam", "archived", "trashed", "unprocessed", "follow_up"];
const FLAGS: [(&str, &str); 6] = [
    ("is_closed", "Resolved or closed, or neither."),
    ("is_spam", "Spam, or not."),
    ("is_archived", "Archived, or not."),
    ("processed", "With `false` those that screening keeps back."),
    ("is_read_by_customer", "The customer has seen the last message, or not."),
    ("is_read_by_organization", "Somebody of the workspace has seen the last message, or not."),
];
const TIMES: [(&str, &str); 6] = [
    ("created_after", "Made at this time or later."),
    ("created_before", "Made before this time."),
    ("updated_after", "Changed at this time or later."),
    ("updated_before", "Not changed since this time."),
    ("last_activity_after", "With something said or done at this time or later."),
    ("last_activity_before", "With nothing said or done since this time."),
];

fn filters(op: &mut Operation) {
    op.about(LIST);
    op.query(
        "q",
        json!({ "type": "string", "minLength": 1 }),
        "Words, all of which must begin a word of the subject, of a message, of a file's name, of who asks (name, \
         e-mail address, telephone number), of a tag, or of the contact (name, e-mail address, external id) or \
         account (name, external id), the last two for keys with the scope `contacts:read` that are no channel keys. \
         Words and files of notes count for whoever reads notes, those of secure messages for nobody. `#42` alone is \
         the ticket of that number, which `42` finds, too. The newest tickets come first, unless another order is \
         asked for; in another order very many matches come in parts, each sorted by itself.",
    );
    op.query_any_of::<Status>("status", "Where they stand.");
    op.query_any_of::<Priority>("priority", "How urgent they are.");
    op.query_any_of::<Source>("source", "How they came in.");
    op.query_any_of::<Awaiting>("awaiting", "Whose turn it is.");
    op.query_any_of::<ChannelId>("channel_id", "Their channel.");
    op.query_any_of::<ChannelType>("channel_type", "The kind of their channel.");
    op.query_any_of::<CategoryId>("category_id", "Their category.");
    op.query_any_of::<Name>("category", "Their category, by name or id.");
    op.query_ids("team_id", &["none"], "Their team.");
    op.query_ids("assignee_id", &["me", "none"], "Whom they are assigned to.");
    op.query_any_of::<TagId>("tag_id", "Their tags.");
    op.query_any_of::<Name>("tag", "Their tags, by name or id.");
    op.query_any_of::<ContactId>("contact_id", "Their contact.");
    op.query_any_of::<AccountId>("account_id", "Their account.");
    op.query_of::<Uid>("uid", "The end user's name in another system.");
    op.query_words("include", &INCLUDES, "What is left out unless it is asked for.");
    for (name, about) in FLAGS {
        op.query(name, json!({ "type": "boolean" }), about);
    }
    for (name, about) in TIMES {
        op.query_of::<Timestamp>(name, about);
    }
    op.query("sort", sorts(), "The order; newest activity first when left out, newest tickets first with `q`.");
    op.counted();
    op.page::<TicketView>();
}

fn sorts() -> serde_json::Value {
    let names = Sort::NAMES.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
    json!({ "type": "string", "enum": names.collect::<Vec<_>>(), "default": "-last_activity_at" })
}
