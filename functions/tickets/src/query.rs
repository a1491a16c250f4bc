//! The query of `GET /v1/tickets`: from its query string, with all errors at once, and its
//! normal form, to which cursors are bound. Pure.

mod names;
mod states;
mod values;

pub use names::are_known;

use lambdesk_api::{
    listing::PageParameters,
    normal_form::NormalForm,
    problem::Problem,
    query::QueryParameters,
    render::{ClientDetail, MessageReader},
};
use lambdesk_domain::{
    access::Actor,
    budget::DEEPEST,
    directory::Directory,
    search::SearchQuery,
    status::{Awaiting, ChannelType, Priority, Source},
};
use lambdesk_store_lists::{Filter, OneOf, Sort, SortBy};
use lambdesk_store_search::Search;
use lambdesk_table::keys::{self, State};
use serde_json::json;
use states::{Include, States};
use values::{assignee, period, team, values, word};

/// The order of a search when no other is asked for.
const NEWEST_FIRST: Sort = Sort { by: SortBy::Number, descending: true };

/// What the query string asks for.
#[derive(Debug)]
pub struct TicketQuery {
    /// Where tickets are looked for.
    pub states: Vec<State>,
    /// What they must be like, in all these respects.
    pub filters: Vec<Filter>,
    /// The words that they must have.
    pub search: Option<Search>,
    /// Leave out those whose follow-up is still to come.
    pub hide_snoozed: bool,
    /// In which order.
    pub sort: Sort,
    /// Which page of them.
    pub page: PageParameters,
}

impl TicketQuery {
    /// Reads the parameters, for a caller, by the names of a directory.
    ///
    /// # Errors
    /// 400 with everything that is wrong with them.
    pub fn parse(
        mut query: QueryParameters,
        directory: &Directory,
        caller: &Actor,
        detail: ClientDetail,
    ) -> Result<Self, Problem> {
        let include = Include::take(&mut query);
        let States { states, statuses } = States::take(&mut query, &include);
        let statuses = OneOf::new(statuses).map(Filter::Status);
        let filters = statuses.into_iter().chain(filters(&mut query, directory, caller)).collect();
        let search = query.parsed("q", str::parse::<SearchQuery>).map(|query| Search {
            query: query.with_tags(directory.tags.values().map(|tag| (tag.id, &tag.name))),
            sees_notes: MessageReader::from(caller).is_insider(),
            sees_clients: detail.is_whole(),
        });
        let sort = query.parsed("sort", |text| Sort::parse(text).ok_or_else(sorts));
        let sort = sort.unwrap_or_else(|| if search.is_some() { NEWEST_FIRST } else { Sort::default() });
        let hide_snoozed = !include.contains(&Include::FollowUp);
        let page = PageParameters::take(&mut query);
        if page.reach() > DEEPEST as u64 {
            query.error(
                "page",
                "too_deep",
                format!("page numbers reach the first {DEEPEST} tickets; cursors reach all"),
            );
        }
        query.finish()?;
        Ok(Self { states, filters, search, hide_snoozed, sort, page })
    }

    /// All that selects and sorts the tickets, whatever it was asked with: names are ids
    /// here, flags are states.
    pub fn normal_form(&self) -> NormalForm {
        NormalForm::of(&json!({
            "states": self.states.iter().map(|state| keys::state_key(*state)).collect::<Vec<_>>(),
            "filters": self.filters,
            "words": self.search.as_ref().map(|search| search.query.to_string()),
            "with_notes": self.search.as_ref().map(|search| search.sees_notes),
            "with_clients": self.search.as_ref().map(|search| search.sees_clients),
            "hide_snoozed": self.hide_snoozed,
            "sort": self.sort.to_string(),
        }))
    }
}

/// Takes what each filter is made of. In the order in which errors are told.
fn filters(query: &mut QueryParameters, directory: &Directory, caller: &Actor) -> Vec<Filter> {
    let mut filters: Vec<Option<Filter>> = vec![
        OneOf::new(values(query, "source", word(Source::parse, Source::ALL))).map(Filter::Source),
        OneOf::new(values(query, "priority", word(Priority::parse, Priority::ALL))).map(Filter::Priority),
        OneOf::new(names::categories(query, directory)).map(Filter::Category),
        OneOf::new(values(query, "channel_id", str::parse)).map(Filter::Channel),
        OneOf::new(values(query, "channel_type", word(ChannelType::parse, ChannelType::ALL))).map(Filter::ChannelType),
        OneOf::new(values(query, "assignee_id", |text| assignee(text, caller.user()))).map(Filter::Assignee),
        OneOf::new(values(query, "team_id", team)).map(Filter::Team),
        OneOf::new(names::tags(query, directory)).map(Filter::Tag),
        OneOf::new(values(query, "contact_id", str::parse)).map(Filter::Contact),
        OneOf::new(values(query, "account_id", str::parse)).map(Filter::Account),
        OneOf::new(query.parsed("uid", str::parse)).map(Filter::Uid),
    ];
    filters.extend(names::custom(query, directory).into_iter().map(Some));
    filters.extend([
        OneOf::new(values(query, "awaiting", word(Awaiting::parse, Awaiting::ALL))).map(Filter::Awaiting),
        query.flag("is_read_by_customer").map(Filter::ReadByCustomer),
        query.flag("is_read_by_organization").map(Filter::ReadByOrganization),
        period(query, "created_after", "created_before").map(Filter::Created),
        period(query, "updated_after", "updated_before").map(Filter::Updated),
        period(query, "last_activity_after", "last_activity_before").map(Filter::LastActivity),
    ]);
    filters.into_iter().flatten().collect()
}

fn sorts() -> String {
    let names: Vec<_> = Sort::NAMES.iter().map(|(name, _)| *name).collect();
    format!("expected one of {}, or the same with a - before it", names.join(", "))
}

#[cfg(test)]
mod tests;
