//! `GET /v1/reports/tickets`: how many tickets stand where.

use crate::counted;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{auth::Session, idempotency::Answer, problem::Problem, query::QueryParameters};
use lambdesk_domain::{
    id::{ChannelId, UserId},
    report::{Counter, Counters, Group, Standing},
    status::Awaiting,
    time::Timestamp,
};
use lambdesk_store_reports::Reports;
use serde::Serialize;

/// The tickets of the workspace as they stand; those in the trash count nowhere.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TicketsReport {
    /// Every change up to here is counted: up to 38 seconds ago, or as far as the fan-out has
    /// come while it is known to be behind.
    as_of: Timestamp,
    /// All tickets.
    total: u64,
    /// Those with something still to be done: neither resolved, closed, spam nor archived or trashed.
    active: u64,
    /// Active ones that are assigned to nobody.
    unassigned: u64,
    /// Active ones by whose turn it is.
    awaiting: AwaitingCounts,
    /// All by status, or by where they are archived or trashed.
    by_status: StatusCounts,
    /// By channel; channels without tickets are left out.
    by_channel: Vec<ChannelCounts>,
    /// By assignee; those without tickets are left out.
    by_assignee: Vec<AssigneeCounts>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AwaitingCounts {
    agent: u64,
    customer: u64,
    none: u64,
}

/// Tickets by status; those that are kept back or archived count there instead.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct StatusCounts {
    open: u64,
    in_progress: u64,
    waiting: u64,
    on_hold: u64,
    resolved: u64,
    closed: u64,
    spam: u64,
    /// Kept back by screening, with any status.
    unprocessed: u64,
    /// Put away, with any status.
    archived: u64,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ChannelCounts {
    /// Null stands for tickets without one.
    channel_id: Option<ChannelId>,
    total: u64,
    active: u64,
    by_status: StatusCounts,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AssigneeCounts {
    /// Null stands for tickets of nobody.
    assignee_id: Option<UserId>,
    total: u64,
    active: u64,
    by_status: StatusCounts,
}

/// `GET /v1/reports/tickets`.
pub async fn get(
    session: Session,
    State(reports): State<Reports>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    counted::require(&session)?;
    let (standings, as_of) = counted::up_to_date(&reports, &session).await?;
    let groups = reports.counted_groups(&session.tenant(), &standings).await?;
    let report = TicketsReport::of(standings.counters(), &groups, as_of);
    Ok(Answer::ok(&report).into_response())
}

impl TicketsReport {
    fn of(all: &Counters, groups: &[(Group, Counters)], as_of: Timestamp) -> Self {
        let is_there = |(_, counters): &&(Group, Counters)| total(counters) > 0;
        let (mut by_channel, mut by_assignee) = (Vec::new(), Vec::new());
        for (group, counters) in groups.iter().filter(is_there) {
            let (total, active, by_status) = (total(counters), active(counters), by_status(counters));
            match *group {
                Group::All => {}
                Group::Channel(channel_id) => by_channel.push(ChannelCounts { channel_id, total, active, by_status }),
                Group::Assignee(assignee_id) => {
                    by_assignee.push(AssigneeCounts { assignee_id, total, active, by_status });
                }
            }
        }
        let nobodys = by_assignee.iter().find(|row| row.assignee_id.is_none());
        let unassigned = nobodys.map_or(0, |row| row.active);
        let awaiting = |whom| all.get(Counter::Awaiting(whom));
        Self {
            as_of,
            total: total(all),
            active: active(all),
            unassigned,
            awaiting: AwaitingCounts {
                agent: awaiting(Awaiting::Agent),
                customer: awaiting(Awaiting::Customer),
                none: awaiting(Awaiting::None),
            },
            by_status: by_status(all),
            by_channel,
            by_assignee,
        }
    }
}

fn total(counters: &Counters) -> u64 {
    counters.standing(|_| true)
}

fn active(counters: &Counters) -> u64 {
    counters.standing(Standing::is_active)
}

fn by_status(counters: &Counters) -> StatusCounts {
    let count = |standing| counters.get(Counter::Standing(standing));
    StatusCounts {
        open: count(Standing::Open),
        in_progress: count(Standing::InProgress),
        waiting: count(Standing::Waiting),
        on_hold: count(Standing::OnHold),
        resolved: count(Standing::Resolved),
        closed: count(Standing::Closed),
        spam: count(Standing::Spam),
        unprocessed: count(Standing::Unprocessed),
        archived: count(Standing::Archived),
    }
}
