//! Several writes, all or nothing.

use crate::{
    error::{Corrupt, TableError},
    item::Item,
    meter,
    retry::{self, ATTEMPTS, Attempts, CONFLICTS},
    table::Table,
    wire::{Failure, Reason, answer::Together, request::Transaction, value::Wired},
    write::Write,
};

/// Why a step was not made that somebody else is in the way of.
const CONFLICT: &str = "TransactionConflict";

/// What a refused step means, given the item as it is if the step shows it.
type Refusal<E> = Box<dyn FnOnce(Option<Item>) -> Result<E, Corrupt> + Send>;

/// A transaction. Each step says what its refusal means, so that no outcome depends on
/// a step's position; of several refused steps the first one counts.
///
/// `DynamoDB` takes at most 100 steps and 4 MB, and no two steps on one item.
#[must_use = "it does nothing until it is committed"]
pub struct Tx<E> {
    steps: Vec<TxStep<E>>,
}

/// One write of a transaction.
struct TxStep<E> {
    write: Write,
    refusal: Option<Refusal<E>>,
    /// What it comes to when somebody else is writing its item; none: tried again.
    conflict: Option<E>,
}

impl<E> Default for Tx<E> {
    fn default() -> Self {
        Self { steps: Vec::new() }
    }
}

impl<E: From<TableError>> Tx<E> {
    /// Without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// A write without a condition, or whose refusal means no more than that others
    /// were faster: [`TableError::Contended`].
    pub fn write(&mut self, write: Write) {
        self.steps.push(TxStep { write, refusal: None, conflict: None });
    }

    /// A write whose refusal is this error.
    pub fn require(&mut self, write: Write, refusal: E)
    where
        E: Send + 'static,
    {
        self.require_with(write, |_| Ok(refusal));
    }

    /// A write whose refusal is read from the item as it is: the write must show it.
    pub fn require_with(
        &mut self,
        write: Write,
        refusal: impl FnOnce(Option<Item>) -> Result<E, Corrupt> + Send + 'static,
    ) {
        self.steps.push(TxStep { write, refusal: Some(Box::new(refusal)), conflict: None });
    }

    /// Of the last step: where somebody else is writing its item, the transaction is not
    /// tried again, but is this error.
    pub fn or_conflict(&mut self, error: E) {
        if let Some(step) = self.steps.last_mut() {
            step.conflict = Some(error);
        }
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Writes all steps or none. Tried again while others write the same items; every
    /// attempt carries one token, so that an answer lost on the way doesn't write twice.
    ///
    /// # Errors
    /// What the first refused step says, or the table's failure.
    pub async fn commit(self, table: &Table) -> Result<(), E> {
        let (mut steps, mut refusals, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        for TxStep { write, refusal, conflict } in self.steps {
            steps.push(write.into_step(table.name())?);
            refusals.push(refusal);
            conflicts.push(conflict);
        }
        let token = client_token();
        let request = Transaction::of(steps, &token);
        let mut attempts = Attempts::new();
        loop {
            let (after, answer) = table.ask_again::<Together>(&mut attempts, "TransactWriteItems", &request).await;
            let error = match answer {
                Ok(output) => {
                    let capacity = output.consumed_capacity.as_deref().unwrap_or_default();
                    meter::record("TransactWriteItems", after, capacity);
                    return Ok(());
                }
                Err(error) => error,
            };
            match cancellation(error)? {
                Cancellation::Final(reasons) => return Err(refused(refusals, reasons)?),
                Cancellation::Conflict(reasons) => {
                    let in_the_way = conflicts.iter_mut().zip(&reasons).find(|(_, reason)| has(reason, CONFLICT));
                    if let Some(error) = in_the_way.and_then(|(conflict, _)| conflict.take()) {
                        return Err(error);
                    }
                    if !attempts.again(CONFLICTS).await {
                        return Err(TableError::Contended.into());
                    }
                }
                Cancellation::Throttled => {
                    if !attempts.again(ATTEMPTS).await {
                        return Err(TableError::Unavailable("throttled").into());
                    }
                }
            }
        }
    }
}

/// What the first refused step says.
fn refused<E: From<TableError>>(refusals: Vec<Option<Refusal<E>>>, reasons: Vec<Reason>) -> Result<E, TableError> {
    let first = refusals.into_iter().zip(reasons).find(|(_, reason)| has(reason, "ConditionalCheckFailed"));
    match first {
        Some((Some(refusal), reason)) => Ok(refusal(reason.item.map(|Wired(item)| item))?),
        _ => Ok(TableError::Contended.into()),
    }
}

/// Why a transaction was not made.
enum Cancellation {
    /// A condition does not hold.
    Final(Vec<Reason>),
    /// Somebody else is writing the same items, which these are.
    Conflict(Vec<Reason>),
    Throttled,
}

fn cancellation(failure: Failure) -> Result<Cancellation, TableError> {
    let reasons = match &failure {
        Failure::Refused(refused) if refused.code == "TransactionCanceledException" => &refused.reasons,
        Failure::Refused(refused) if refused.code == "TransactionInProgressException" => {
            return Ok(Cancellation::Conflict(Vec::new()));
        }
        _ => return Err(retry::failure(failure)),
    };
    let any = |code: &str| reasons.iter().any(|reason| has(reason, code));
    if any("ConditionalCheckFailed") {
        Ok(Cancellation::Final(reasons.clone()))
    } else if any(CONFLICT) {
        Ok(Cancellation::Conflict(reasons.clone()))
    } else if any("ThrottlingError") || any("ProvisionedThroughputExceeded") {
        Ok(Cancellation::Throttled)
    } else {
        Err(retry::failure(failure))
    }
}

fn has(reason: &Reason, code: &str) -> bool {
    reason.code.as_deref() == Some(code)
}

/// 128 random bits as `DynamoDB` takes them: at most 36 characters.
fn client_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}
