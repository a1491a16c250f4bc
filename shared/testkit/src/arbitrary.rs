//! Arbitrary values of the domain: properties against one table, and samples of them.

use crate::table::TestTable;
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    ticket::Ticket,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestCaseResult, TestError, TestRunner},
};
use uuid::Uuid;

/// Runs a property against one table, in a runtime of its own.
#[expect(clippy::needless_pass_by_value, reason = "a closure reads better at the call")]
pub fn check<S: Strategy>(cases: u32, strategy: &S, property: impl AsyncFn(&TestTable, S::Value) -> TestCaseResult) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let table = runtime.block_on(TestTable::new());
    // Nothing is kept on disk: a case that fails is shown whole, and small.
    let config = Config { max_shrink_iters: 200, failure_persistence: None, ..Config::with_cases(cases) };
    let result = TestRunner::new(config).run(strategy, |case| runtime.block_on(property(&table, case)));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\nfor {case:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// One arbitrary value, always the same.
pub fn sample<S: Strategy>(strategy: &S) -> S::Value {
    strategy.new_tree(&mut TestRunner::deterministic()).expect("a value").current()
}

/// So many arbitrary values, always the same.
pub fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// The id of a workspace.
#[must_use]
pub const fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(number))
}

/// The ticket under another id.
#[must_use]
pub fn renamed(ticket: &Ticket, workspace: WorkspaceId, id: u128) -> Ticket {
    Ticket { workspace_id: workspace, id: TicketId::new(Uuid::from_u128(id)), ..ticket.clone() }
}
