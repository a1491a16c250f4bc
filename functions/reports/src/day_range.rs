//! The subject of a report over days, read from the query string: which days, and whose
//! tickets. Its counters cost one query per channel or assignee.

use lambdesk_api::{auth::Session, problem::Problem, query::QueryParameters};
use lambdesk_domain::{
    day::Day,
    id::{ChannelId, InvalidId, UserId, WorkspaceId},
    report::{Counters, Group},
};
use lambdesk_store_reports::{Reports, Standings};
use std::collections::{BTreeMap, BTreeSet};

/// The most days of one report: a leap year.
const MOST_DAYS: u64 = 366;
/// The days before the last one where nobody says from when.
const DAYS_BEFORE: u64 = 29;
/// The most channels or assignees that are added up.
const MOST_GROUPS: usize = 20;

/// What a report over days is about.
pub struct DayRange {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Whose tickets, added up.
    groups: BTreeSet<Group>,
}

impl DayRange {
    /// `from`, `to`, and `channel_id` or `assignee_id`, several values each.
    ///
    /// # Errors
    /// 400 for everything else.
    pub fn read(mut query: QueryParameters, session: &Session) -> Result<Self, Problem> {
        let (from, to) = days(&mut query, Day::of(session.now));
        let groups = groups(&mut query, session);
        query.finish()?;
        Ok(Self { from, to, groups })
    }

    /// The counters of every day on which something happened.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn days(
        &self,
        reports: &Reports,
        workspace: WorkspaceId,
        standings: &Standings,
    ) -> Result<BTreeMap<Day, Counters>, Problem> {
        let range = (self.from, self.to);
        let reads = self.groups.iter().map(|group| reports.counted_days(workspace, standings, *group, range));
        let mut sums = BTreeMap::<Day, Counters>::new();
        for days in futures_util::future::try_join_all(reads).await? {
            for (day, counters) in days {
                sums.entry(day).or_default().add(&counters);
            }
        }
        Ok(sums)
    }
}

fn days(query: &mut QueryParameters, today: Day) -> (Day, Day) {
    let (from, to) = (query.parsed("from", str::parse::<Day>), query.parsed("to", str::parse::<Day>));
    let to = to.unwrap_or(today);
    let from = from.unwrap_or_else(|| to.minus(DAYS_BEFORE));
    if from > to {
        query.error("from", "invalid", "must not be after to (which is today when left out)");
    } else if to.number() - from.number() >= MOST_DAYS {
        query.error("from", "invalid", format!("a report is about at most {MOST_DAYS} days"));
    }
    (from, to)
}

fn groups(query: &mut QueryParameters, session: &Session) -> BTreeSet<Group> {
    let channels = query.parsed_values("channel_id", channel);
    let assignees = query.parsed_values("assignee_id", |text| assignee(text, session));
    if !channels.is_empty() && !assignees.is_empty() {
        query.error("assignee_id", "invalid", "must not be given together with channel_id");
    }
    let channels = channels.into_iter().map(Group::Channel);
    let groups: BTreeSet<_> = channels.chain(assignees.into_iter().map(Group::Assignee)).collect();
    if groups.len() > MOST_GROUPS {
        let name = if matches!(groups.first(), Some(Group::Channel(_))) { "channel_id" } else { "assignee_id" };
        query.error(name, "too_many", format!("at most {MOST_GROUPS} of them"));
    }
    if groups.is_empty() { [Group::All].into() } else { groups }
}

fn channel(text: &str) -> Result<Option<ChannelId>, &'static str> {
    match text {
        "none" => Ok(None),
        id => id.parse().map(Some).map_err(|InvalidId| "expected none or a channel's id"),
    }
}

fn assignee(text: &str, session: &Session) -> Result<Option<UserId>, &'static str> {
    match text {
        "none" => Ok(None),
        "me" => session.actor.user().map(Some).ok_or("only a user's key can stand for a person"),
        id => id.parse().map(Some).map_err(|InvalidId| "expected me, none or a user's id"),
    }
}
