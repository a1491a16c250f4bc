//! Channels: the ways in.

use crate::{
    entries::changed,
    fields::immutable,
    filter::ListFilter,
    hosts,
    kind::{Kind, kept_as},
    uses::{EntryWrite, Uses},
};
use axum::{extract::State, response::Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, NoBody, Unknown},
    channel_token::ChannelToken,
    openapi::nullable,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    directory::{Channel, Directory, Entry, IntakePolicy, KeyHolder, OpeningRules},
    id::{CategoryId, ChannelId, TeamId},
    patch::Field,
    status::{ChannelType, Priority},
    text::{Color, HostPattern, Name},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most hosts that one channel may be embedded on.
const MOST_HOSTNAMES: usize = 50;

/// The fields of a channel.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "ChannelFields")]
pub struct ChannelBody {
    /// Its name; unique, whatever its case.
    name: Input<Name>,
    /// What it is. Fixed once it is made.
    r#type: Input<ChannelType>,
    /// How lists paint it.
    #[schemars(transform = nullable)]
    color: Input<Color>,
    /// Switched on: it takes new tickets; true when left out.
    is_enabled: Input<bool>,
    /// Hosts whose pages may use its public side: at most 50; none when left out. A `*.`
    /// stands for all hosts below a domain of your own, never below a public suffix.
    hostnames: Input<Vec<Input<HostPattern>>>,
    /// What becomes of anonymous tickets: `accept` when left out.
    intake: Input<IntakePolicy>,
    /// Refuse senders who are no contacts yet; false when left out.
    require_existing_contact: Input<bool>,
    /// The priority of new tickets for which none is named: `normal` when left out.
    default_priority: Input<Priority>,
    /// The team of new tickets for which none is named.
    #[schemars(transform = nullable)]
    default_team_id: Input<TeamId>,
    /// The category of new tickets for which none is named.
    #[schemars(transform = nullable)]
    default_category_id: Input<CategoryId>,
    /// Refuse tickets of callers with a key that have no category; false when left out.
    require_category: Input<bool>,
    /// Refuse tickets of callers with a key that have no contact; false when left out.
    require_contact: Input<bool>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A way in; the settings are there for administrators only.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Channel")]
pub struct ChannelView {
    id: ChannelId,
    name: Name,
    r#type: ChannelType,
    color: Option<Color>,
    is_enabled: bool,
    #[serde(flatten)]
    settings: Option<SettingsView>,
}

/// What administrators see besides.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ChannelSettings")]
pub struct SettingsView {
    hostnames: Vec<HostPattern>,
    intake: IntakePolicy,
    require_existing_contact: bool,
    default_priority: Priority,
    default_team_id: Option<TeamId>,
    default_category_id: Option<CategoryId>,
    require_category: bool,
    require_contact: bool,
    /// What names the channel on pages of its hosts. It proves nothing.
    public_token: Option<String>,
    /// How many identity secrets it has had; with 0, visitors are guests.
    identity_generation: u32,
    created_at: Timestamp,
}

/// What a body says about a channel, as far as it can be changed later.
struct GivenChannel {
    name: Option<Name>,
    color: Field<Color>,
    is_enabled: Option<bool>,
    hostnames: Option<Vec<HostPattern>>,
    intake: Option<IntakePolicy>,
    require_existing_contact: Option<bool>,
    default_priority: Option<Priority>,
    default_team: Field<TeamId>,
    default_category: Field<CategoryId>,
    require_category: Option<bool>,
    require_contact: Option<bool>,
}

impl ChannelBody {
    fn check(self, check: &mut Checker) -> GivenChannel {
        check.unknown("", self.unknown);
        let hostnames = check.list("/hostnames", self.hostnames, MOST_HOSTNAMES);
        hosts::check(hostnames.as_deref().unwrap_or_default(), check);
        GivenChannel {
            name: check.present("/name", self.name),
            color: check.field("/color", self.color),
            is_enabled: check.present("/is_enabled", self.is_enabled),
            hostnames,
            intake: check.present("/intake", self.intake),
            require_existing_contact: check.present("/require_existing_contact", self.require_existing_contact),
            default_priority: check.present("/default_priority", self.default_priority),
            default_team: check.field("/default_team_id", self.default_team_id),
            default_category: check.field("/default_category_id", self.default_category_id),
            require_category: check.present("/require_category", self.require_category),
            require_contact: check.present("/require_contact", self.require_contact),
        }
    }
}

impl GivenChannel {
    fn opening(&self, before: &OpeningRules) -> OpeningRules {
        OpeningRules {
            default_team: self.default_team.clone().applied_to(before.default_team),
            default_category: self.default_category.clone().applied_to(before.default_category),
            require_category: self.require_category.unwrap_or(before.require_category),
            require_contact: self.require_contact.unwrap_or(before.require_contact),
        }
    }
}

impl Kind for Channel {
    const PATH: &'static str = "/v1/channels";
    const ITEM_PATH: &'static str = "/v1/channels/{channel_id}";
    const MOST: usize = 200;
    type Body = ChannelBody;

    kept_as!(Channel(ChannelId), channels.values());

    fn view(self, session: &Session) -> impl Serialize {
        let public_token = ChannelToken::of(session.workspace(), &self).map(|token| token.to_string());
        let settings = SettingsView {
            hostnames: self.hostnames,
            intake: self.intake,
            require_existing_contact: self.require_existing_contact,
            default_priority: self.default_priority,
            default_team_id: self.opening.default_team,
            default_category_id: self.opening.default_category,
            require_category: self.opening.require_category,
            require_contact: self.opening.require_contact,
            public_token,
            identity_generation: self.identity_generation,
            created_at: self.created_at,
        };
        ChannelView {
            id: self.id,
            name: self.name,
            r#type: self.kind,
            color: self.color,
            is_enabled: self.is_enabled,
            settings: session.require_admin().is_ok().then_some(settings),
        }
    }

    fn filter(query: &mut QueryParameters) -> ListFilter<Self> {
        ListFilter::new()
            .any(query, "type", ChannelType::parse, |channel: &Self| Some(channel.kind))
            .flag(query, "is_enabled", |channel| channel.is_enabled)
            .named(query, "name", |channel| channel.name.to_string())
    }

    fn refer(&self, before: Option<&Self>, directory: &Directory, check: &mut Checker) {
        let before = before.map(|before| before.opening.clone()).unwrap_or_default();
        let is_new = |team| before.default_team != Some(team);
        if self.opening.default_team.is_some_and(|team| is_new(team) && !directory.teams.contains_key(&team)) {
            check.error("/default_team_id", "no_such_reference", "there is no such team");
        }
        let is_new = |category| before.default_category != Some(category);
        let category = self.opening.default_category.filter(|category| is_new(*category));
        if category.is_some_and(|category| !directory.categories.contains_key(&category)) {
            check.error("/default_category_id", "no_such_reference", "there is no such category");
        }
    }

    fn create(body: ChannelBody, id: Uuid, now: Timestamp, check: &mut Checker) -> Option<Self> {
        let kind = check.required("/type", body.r#type.clone());
        if body.name.is_absent() {
            check.error("/name", "required", "must be given");
        }
        let given = body.check(check);
        let opening = given.opening(&OpeningRules::default());
        Some(Self {
            id: ChannelId::new(id),
            name: given.name?,
            kind: kind?,
            color: given.color.applied_to(None),
            is_enabled: given.is_enabled.unwrap_or(true),
            hostnames: given.hostnames.unwrap_or_default(),
            intake: given.intake.unwrap_or(IntakePolicy::Accept),
            require_existing_contact: given.require_existing_contact.unwrap_or(false),
            default_priority: given.default_priority.unwrap_or(Priority::Normal),
            opening,
            token: ChannelToken::new_secret(),
            identity_generation: 0,
            created_at: now,
        })
    }

    fn patch(self, body: ChannelBody, check: &mut Checker) -> Self {
        immutable("/type", &body.r#type, check);
        let given = body.check(check);
        let opening = given.opening(&self.opening);
        Self {
            name: given.name.unwrap_or(self.name),
            color: given.color.applied_to(self.color),
            is_enabled: given.is_enabled.unwrap_or(self.is_enabled),
            hostnames: given.hostnames.unwrap_or(self.hostnames),
            intake: given.intake.unwrap_or(self.intake),
            require_existing_contact: given.require_existing_contact.unwrap_or(self.require_existing_contact),
            default_priority: given.default_priority.unwrap_or(self.default_priority),
            opening,
            ..self
        }
    }

    fn permit(before: Option<&Self>, after: Option<&Self>, _: &Session) -> Result<(), Problem> {
        match (before, after) {
            (Some(Self { is_enabled: true, .. }), None) => {
                Err(Problem::conflict("channel_enabled", "switch the channel off before you delete it"))
            }
            _ => Ok(()),
        }
    }

    fn key_holder(&self) -> Option<KeyHolder> {
        Some(KeyHolder::Channel { channel_id: self.id })
    }
}

/// `POST /v1/channels/{channel_id}/rotate-token`: a new public token; the old one
/// names nothing any more.
pub async fn rotate_token(
    session: Session,
    State(uses): State<Uses>,
    Id(id): Id<ChannelId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    body.check()?;
    let rotated = |channel: &Channel| Ok(Some(Channel { token: ChannelToken::new_secret(), ..channel.clone() }));
    let change = EntryWrite { write, is_forced: false, ends_keys: false };
    changed(&session, &uses, &change, &body.raw, id.uuid(), rotated).await
}
