//! Teams, categories and tags: little more than names.

use crate::{
    filter::ListFilter,
    kind::{Kind, kept_as},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    openapi::nullable,
    query::QueryParameters,
};
use lambdesk_domain::{
    directory::{Category, Directory, Entry, Tag, Team},
    id::{CategoryId, TagId, TeamId},
    text::{Color, Name},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The fields of a team or category.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NamedFields")]
pub struct NameBody {
    /// Its name; unique among its kind, whatever its case.
    name: Input<Name>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A group of users.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Team")]
pub struct TeamView {
    id: TeamId,
    name: Name,
}

/// A category, in other systems a department.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Category")]
pub struct CategoryView {
    id: CategoryId,
    name: Name,
}

/// A kind of entry that has a name alone.
macro_rules! named_kind {
    ($kind:ident($id:ident), $all:ident, $view:ident, $path:literal, $item_path:literal) => {
        impl Kind for $kind {
            const PATH: &'static str = $path;
            const ITEM_PATH: &'static str = $item_path;
            type Body = NameBody;

            kept_as!($kind($id), $all.values());

            fn view(self, _: &Session) -> impl Serialize {
                $view { id: self.id, name: self.name }
            }

            fn filter(query: &mut QueryParameters) -> ListFilter<Self> {
                ListFilter::new().named(query, "name", |entry: &Self| entry.name.to_string())
            }

            fn create(body: NameBody, id: Uuid, _: Timestamp, check: &mut Checker) -> Option<Self> {
                let name = check.required("/name", body.name);
                check.unknown("", body.unknown);
                Some(Self { id: $id::new(id), name: name? })
            }

            fn patch(self, body: NameBody, check: &mut Checker) -> Self {
                let name = check.present("/name", body.name).unwrap_or(self.name);
                check.unknown("", body.unknown);
                Self { name, ..self }
            }
        }
    };
}

named_kind!(Team(TeamId), teams, TeamView, "/v1/teams", "/v1/teams/{team_id}");
named_kind!(Category(CategoryId), categories, CategoryView, "/v1/categories", "/v1/categories/{category_id}");

/// The fields of a tag.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "TagFields")]
pub struct TagBody {
    /// Its name; unique, whatever its case. Tickets can be given tags by name.
    name: Input<Name>,
    /// How lists paint it.
    #[schemars(transform = nullable)]
    color: Input<Color>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A label on tickets.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Tag")]
pub struct TagView {
    id: TagId,
    name: Name,
    color: Option<Color>,
}

impl Kind for Tag {
    const PATH: &'static str = "/v1/tags";
    const ITEM_PATH: &'static str = "/v1/tags/{tag_id}";
    type Body = TagBody;

    kept_as!(Tag(TagId), tags.values());

    fn view(self, _: &Session) -> impl Serialize {
        let Self { id, name, color } = self;
        TagView { id, name, color }
    }

    fn filter(query: &mut QueryParameters) -> ListFilter<Self> {
        ListFilter::new().named(query, "name", |tag: &Self| tag.name.to_string())
    }

    fn create(body: TagBody, id: Uuid, _: Timestamp, check: &mut Checker) -> Option<Self> {
        let name = check.required("/name", body.name);
        let color = check.optional("/color", body.color);
        check.unknown("", body.unknown);
        Some(Self { id: TagId::new(id), name: name?, color })
    }

    fn patch(self, body: TagBody, check: &mut Checker) -> Self {
        let name = check.present("/name", body.name).unwrap_or(self.name);
        let color = check.field("/color", body.color).applied_to(self.color);
        check.unknown("", body.unknown);
        Self { name, color, ..self }
    }
}
