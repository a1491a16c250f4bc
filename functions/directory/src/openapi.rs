//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{
    bootstrap::{self, BootstrapView},
    channels::{self, ChannelView},
    entries,
    fields::FieldView,
    identity::{self, SecretView},
    key_view::{KeyKind, KeyView},
    keys,
    kind::Kind,
    labels::{CategoryView, TagView, TeamView},
    operator::Operator,
    rotation,
    users::UserView,
    uses::EntryWrite,
    workspace::{self, WorkspaceView},
};
use lambdesk_api::{
    openapi::{Access, Callers, DescribeOperation, Operation, Operations},
    write::Forcible,
};
use lambdesk_domain::{
    access::{Role, Scope},
    custom_field::{FieldDefinition, FieldKind},
    directory::{Category, Channel, Tag, Team, User},
    id::{ChannelId, UserId},
    status::ChannelType,
};
use schemars::JsonSchema;
use serde_json::json;
use uuid::Uuid;

const ADMINISTRATION: Access = Access::of(&[Scope::Admin], Callers::Admins);

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    let operations = Operations::of(
        "Directory",
        "The workspace, its settings and keys, and what tickets refer to. Entries in use are not deleted \
         (409 `in_use` tells by what) unless `force=true` says that whatever uses them shall be without.",
    )
    .needing(Access::of(&[Scope::TicketsRead], Callers::All).or(Scope::Admin), ADMINISTRATION);
    with_kinds(with_keys(with_workspaces(operations)))
}

fn with_workspaces(operations: Operations) -> Operations {
    operations
        .op(bootstrap::create, "Make a workspace with its owner and the owner's key", |op| {
            op.requires(&["name", "owner"]);
            op.leaves_out(&["If-Match"]);
            op.one::<BootstrapView>(201, "It was made.", &["Location"]);
        })
        .op(workspace::get, "The settings", |op| {
            op.needs(ADMINISTRATION);
            op.ok_versioned::<WorkspaceView>();
        })
        .op(workspace::patch, "Change the settings", Operation::ok_versioned::<WorkspaceView>)
        .op(channels::rotate_token, "Give a channel another public token", Operation::ok_versioned::<ChannelView>)
        .op(identity::next_secret, "Make a channel's next identity secret, shown in this answer and never again", |op| {
            op.about(
                "A site whose visitors have logged in signs JWTs with it (HS256) for `POST /intake/{channel_token}/session`. \
                 The secret before it proves nothing any more.",
            );
            op.ok_versioned::<SecretView>();
        })
}

fn with_keys(operations: Operations) -> Operations {
    operations
        .op(keys::list, "API keys, oldest first", |op| {
            op.needs(ADMINISTRATION);
            op.query_any_of::<KeyKind>("kind", "Only of these kinds.");
            op.query_any_of::<UserId>("user_id", "Only of these users.");
            op.query_any_of::<ChannelId>("channel_id", "Only of these channels.");
            op.query_any_of::<Uuid>("created_by", "Only made by these users, or by programs with these keys.");
            op.query("name", name(), "Those with this name, whatever its case.");
            op.counted();
            op.page::<KeyView>();
        })
        .op(keys::get, "An API key", |op| {
            op.needs(ADMINISTRATION);
            op.ok_versioned::<KeyView>();
        })
        .op(keys::create, "Make an API key, shown in this answer and never again", |op| {
            op.requires(&["name", "kind", "scopes"]);
            op.created_versioned::<KeyView>();
        })
        .op(keys::patch, "Change an API key", Operation::ok_versioned::<KeyView>)
        .op(keys::revoke, "Revoke an API key", Operation::no_content)
        .op(rotation::rotate, "Give an API key another secret; the old one lives on for a while", |op| {
            op.ok_versioned::<KeyView>();
        })
}

fn with_kinds(operations: Operations) -> Operations {
    let operations = entries::<User, UserView>(
        operations,
        &KindDoc {
            plural: "Users",
            one: "a user",
            required: &["name", "email", "role"],
            filters: |op| {
                op.query_any_of::<Role>("role", "Only these roles.");
                op.query("is_enabled", json!({ "type": "boolean" }), "Switched on, or off.");
                op.query("email", name(), "The one with this address.");
            },
        },
    );
    let operations = entries::<Team, TeamView>(operations, &KindDoc::named("Teams", "a team"));
    let operations = entries::<Category, CategoryView>(operations, &KindDoc::named("Categories", "a category"));
    let operations = entries::<Tag, TagView>(operations, &KindDoc::named("Tags", "a tag"));
    let operations = entries::<Channel, ChannelView>(
        operations,
        &KindDoc {
            plural: "Channels",
            one: "a channel",
            required: &["name", "type"],
            filters: |op| {
                op.query_any_of::<ChannelType>("type", "Only of these types.");
                op.query("is_enabled", json!({ "type": "boolean" }), "Switched on, or off.");
            },
        },
    );
    entries::<FieldDefinition, FieldView>(
        operations,
        &KindDoc {
            plural: "Custom fields",
            one: "a custom field",
            required: &["key", "name", "kind"],
            filters: |op| {
                op.query_any_of::<FieldKind>("kind", "Only of these kinds.");
                op.query("is_required", json!({ "type": "boolean" }), "Required, or not.");
                op.query("key", name(), "The one with this key.");
            },
        },
    )
}

/// What is told of a kind of entry.
#[derive(Clone, Copy)]
struct KindDoc {
    plural: &'static str,
    one: &'static str,
    required: &'static [&'static str],
    filters: fn(&mut Operation),
}

impl KindDoc {
    const fn named(plural: &'static str, one: &'static str) -> Self {
        Self { plural, one, required: &["name"], filters: |_| {} }
    }
}

fn name() -> serde_json::Value {
    json!({ "type": "string", "minLength": 1 })
}

fn entries<K, V>(operations: Operations, told: &KindDoc) -> Operations
where
    K: Kind<Id: JsonSchema, Body: JsonSchema>,
    V: JsonSchema + 'static,
{
    let KindDoc { plural, one, required, filters } = *told;
    operations
        .op(entries::list::<K>, format!("{plural}, oldest first"), move |op| {
            op.query("name", name(), "The one with this name, whatever its case.");
            filters(op);
            op.counted();
            op.page::<V>();
        })
        .op(entries::get::<K>, format!("Get {one}"), Operation::ok_versioned::<V>)
        .op(entries::create::<K>, format!("Make {one}"), move |op| {
            op.requires(required);
            op.created_versioned::<V>();
        })
        .op(entries::patch::<K>, format!("Change {one}"), Operation::ok_versioned::<V>)
        .op(entries::delete::<K>, format!("Delete {one}"), Operation::no_content)
}

impl DescribeOperation for Operator {
    fn tell(op: &mut Operation) {
        op.secured("operator");
        op.refuses(&[401, 403]);
    }
}

impl DescribeOperation for EntryWrite {
    fn tell(op: &mut Operation) {
        op.takes::<Forcible>();
        op.query(
            "end_keys",
            json!({ "type": "boolean", "default": false }),
            "Of a user who is switched off or deleted: the keys that they made, themselves or by programs, end, too.",
        );
    }
}
