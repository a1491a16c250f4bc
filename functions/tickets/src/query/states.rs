//! Where tickets are looked for: `status`, `is_closed`, `is_spam`, `is_archived`,
//! `processed` and `include` become states, and statuses where states hold several.

use super::values::{values, word};
use lambdesk_api::query::QueryParameters;
use lambdesk_domain::status::Status;
use lambdesk_table::keys::State;

/// What is left out unless it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    Spam,
    Archived,
    Trashed,
    Unprocessed,
    FollowUp,
}

impl Include {
    /// Takes `include`.
    pub fn take(query: &mut QueryParameters) -> Vec<Self> {
        query.parsed_values("include", |text| match text {
            "spam" => Ok(Self::Spam),
            "archived" => Ok(Self::Archived),
            "trashed" => Ok(Self::Trashed),
            "unprocessed" => Ok(Self::Unprocessed),
            "follow_up" => Ok(Self::FollowUp),
            _ => Err("expected spam, archived, trashed, unprocessed or follow_up"),
        })
    }
}

/// Where tickets are looked for: as asked by status or flag, without spam and
/// what is archived or trashed unless that is asked for.
pub struct States {
    pub states: Vec<State>,
    /// For those of the states that hold tickets of any status; empty: of any.
    pub statuses: Vec<Status>,
}

impl States {
    /// Takes `status` and the flags.
    pub fn take(query: &mut QueryParameters, include: &[Include]) -> Self {
        let asked = values(query, "status", word(Status::parse, Status::ALL));
        let (is_closed, is_spam) = (query.flag("is_closed"), query.flag("is_spam"));
        let (processed, is_archived) = (query.flag("processed"), query.flag("is_archived"));
        let fits = |status: Status| {
            (asked.is_empty() || asked.contains(&status))
                && is_closed.is_none_or(|wanted| wanted == status.is_closed())
                && is_spam.is_none_or(|wanted| wanted == (status == Status::Spam))
        };
        let statuses: Vec<_> = Status::ALL.iter().copied().filter(|status| fits(*status)).collect();
        let with_spam = !asked.is_empty() || is_spam == Some(true) || include.contains(&Include::Spam);
        let live = statuses.iter().copied().filter(|status| with_spam || *status != Status::Spam).map(State::Live);
        let more = [
            (Include::Archived, State::Archived),
            (Include::Trashed, State::Trashed),
            (Include::Unprocessed, State::Unprocessed),
        ];
        let included = more.into_iter().filter(|(wanted, _)| include.contains(wanted)).map(|(_, state)| state);
        let states: Vec<_> = match (processed, is_archived) {
            (Some(false), _) => vec![State::Unprocessed],
            (_, Some(true)) => vec![State::Archived],
            (_, Some(false)) => live.chain(included).filter(|state| *state != State::Archived).collect(),
            _ => live.chain(included).collect(),
        };
        let beside = states.iter().any(|state| !matches!(state, State::Live(_)));
        match statuses.len() {
            // No status fits: nothing does, wherever it is.
            0 => Self { states: Vec::new(), statuses },
            all if !beside || all == Status::ALL.len() => Self { states, statuses: Vec::new() },
            _ => Self { states, statuses },
        }
    }
}
