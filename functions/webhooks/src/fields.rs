//! The fields of an endpoint as callers send them, checked.

use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
};
use lambdesk_domain::{
    events::EventType,
    id::ChannelId,
    patch::Field,
    text::Name,
    webhook::{DisabledReason, Endpoint, Subscription},
};
use lambdesk_outbound::{AddressPolicy, EndpointUrl, EndpointUrlError};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The most channels that one endpoint is narrowed to.
const MAX_CHANNELS: usize = 100;
/// Every type, both groups and the star.
const MAX_TYPES: usize = EventType::ALL.len() + 3;

/// The fields that creating takes.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewWebhook")]
pub struct NewEndpointBody {
    /// What people call it.
    #[schemars(transform = nullable)]
    name: Input<Name>,
    /// Where events are posted: an `https` address that is public.
    url: Input<String>,
    /// What it is told of: types of events, groups of them, or `*` for everything.
    types: Input<Vec<Input<Subscription>>>,
    /// Only what happens on these channels; null or none: on every channel.
    /// Only tickets of these channels, and no contacts; of all where there are none.
    #[schemars(transform = nullable)]
    channel_ids: Input<Vec<Input<ChannelId>>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// An endpoint's fields when it is made.
#[derive(Debug)]
pub struct NewEndpoint {
    pub name: Option<Name>,
    pub url: EndpointUrl,
    pub types: Vec<Subscription>,
    pub channel_ids: Vec<ChannelId>,
}

impl NewEndpointBody {
    /// All that is wrong with it, at once, or the fields.
    pub async fn check(self, session: &mut Session, policy: &AddressPolicy) -> Result<NewEndpoint, Problem> {
        let mut checker = Checker::new();
        let name = checker.optional("/name", self.name);
        let url = checker.required("/url", parsed(self.url, policy));
        if self.types.is_absent() {
            checker.error("/types", "required", "must be given");
        }
        let types = types(self.types, &mut checker);
        let channel_ids = channels(self.channel_ids, session, &mut checker).await?;
        checker.unknown("", self.unknown);
        checker.finish()?;
        let (Some(url), Some(types)) = (url, types) else {
            return Err(Problem::internal());
        };
        Ok(NewEndpoint { name, url, types, channel_ids: channel_ids.unwrap_or_default() })
    }
}

/// The fields that a patch takes.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "WebhookFields")]
pub struct EndpointFieldsBody {
    /// What people call it.
    #[schemars(transform = nullable)]
    name: Input<Name>,
    /// Where events are posted: an `https` address that is public.
    url: Input<String>,
    /// What it is told of: types of events, groups of them, or `*` for everything.
    types: Input<Vec<Input<Subscription>>>,
    /// Only what happens on these channels; null or none: on every channel.
    /// Only tickets of these channels, and no contacts; of all where there are none.
    #[schemars(transform = nullable)]
    channel_ids: Input<Vec<Input<ChannelId>>>,
    /// Switched on: it is told. Switching it on again begins anew with its failures.
    is_enabled: Input<bool>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What a patch changes.
#[derive(Debug)]
pub struct EndpointPatch {
    name: Field<Name>,
    url: Option<EndpointUrl>,
    types: Option<Vec<Subscription>>,
    channel_ids: Option<Vec<ChannelId>>,
    is_enabled: Option<bool>,
}

impl EndpointFieldsBody {
    /// All that is wrong with it, at once, or the changes.
    pub async fn check(self, session: &mut Session, policy: &AddressPolicy) -> Result<EndpointPatch, Problem> {
        let mut checker = Checker::new();
        let name = checker.field("/name", self.name);
        let url = checker.present("/url", parsed(self.url, policy));
        let types = types(self.types, &mut checker);
        let channel_ids = channels(self.channel_ids, session, &mut checker).await?;
        let is_enabled = checker.present("/is_enabled", self.is_enabled);
        checker.unknown("", self.unknown);
        checker.finish()?;
        Ok(EndpointPatch { name, url, types, channel_ids, is_enabled })
    }
}

impl EndpointPatch {
    /// The endpoint afterwards.
    #[must_use]
    pub fn applied_to(&self, endpoint: &Endpoint) -> Endpoint {
        let mut next = endpoint.clone();
        match &self.name {
            Field::Keep => {}
            Field::Clear => next.name = None,
            Field::Set(name) => next.name = Some(name.clone()),
        }
        if let Some(url) = self.url.as_ref().filter(|url| url.as_str() != endpoint.url) {
            url.as_str().clone_into(&mut next.url);
            // What another address did says nothing of this one.
            next.failing_since = None;
        }
        if let Some(types) = &self.types {
            next.types.clone_from(types);
        }
        if let Some(channels) = &self.channel_ids {
            next.channel_ids.clone_from(channels);
        }
        match self.is_enabled {
            None => {}
            Some(true) => (next.disabled, next.failing_since) = (None, None),
            Some(false) => next.disabled = Some(DisabledReason::ByHand),
        }
        next
    }
}

/// A URL that the policy lets endpoints have.
fn parsed(url: Input<String>, policy: &AddressPolicy) -> Input<EndpointUrl> {
    url.try_map(|text| EndpointUrl::parse(&text, policy).map_err(|error| (code(error), error)))
}

const fn code(error: EndpointUrlError) -> &'static str {
    match error {
        EndpointUrlError::Address => "address_not_public",
        EndpointUrlError::TooLong => "too_long",
        _ => "invalid",
    }
}

/// At least one type, each once.
fn types(input: Input<Vec<Input<Subscription>>>, checker: &mut Checker) -> Option<Vec<Subscription>> {
    let types: BTreeSet<_> = checker.list("/types", input, MAX_TYPES)?.into_iter().collect();
    if types.is_empty() {
        checker.error("/types", "required", "must have at least one type");
        return None;
    }
    Some(types.into_iter().collect())
}

/// Channels of the directory, each once; null and an empty list stand for all.
async fn channels(
    input: Input<Vec<Input<ChannelId>>>,
    session: &mut Session,
    checker: &mut Checker,
) -> Result<Option<Vec<ChannelId>>, Problem> {
    if input == Input::Null {
        return Ok(Some(Vec::new()));
    }
    let Some(ids) = checker.list("/channel_ids", input, MAX_CHANNELS) else {
        return Ok(None);
    };
    for (index, id) in ids.iter().enumerate() {
        let found = session.find(|directory| directory.channels.contains_key(id).then_some(())).await?;
        if found.is_none() {
            checker.error(&format!("/channel_ids/{index}"), "no_such_reference", "there is no such channel");
        }
    }
    let ids: BTreeSet<_> = ids.into_iter().collect();
    Ok(Some(ids.into_iter().collect()))
}
