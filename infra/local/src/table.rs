//! The table of the local stack, in the embedded engine.

use crate::StartError;
use aws_credential_types::Credentials;
use lambdesk_engine::Engine;
use lambdesk_runtime::{aws, config::Aws};
use lambdesk_table::Table;

/// The name of the table.
pub const TABLE: &str = "lambdesk-local";

/// Opens the table, which is made when the engine has none.
///
/// # Errors
/// When the engine fails, or a newer version wrote the table.
pub async fn open(engine: &Engine) -> Result<Table, StartError> {
    let credentials = Credentials::from_keys("local", "local", None);
    let aws = Aws { region: "local".to_owned(), credentials, dynamodb_url: Some(engine.url()), sqs_url: None };
    let table = Table::new(&aws::connection(&aws), TABLE);
    table.create().await?;
    table.check_format().await??;
    Ok(table)
}
