//! Who wrote to whom.

use crate::status::words;
use serde::{Deserialize, Serialize};

words! {
    /// Who wrote to whom.
    MessageKind {
        /// From the customer.
        Inbound = "inbound" as 'i',
        /// From us to the customer.
        Outbound = "outbound" as 'o',
        /// Among ourselves.
        Note = "note" as 'n',
        /// From the system, for everyone on the ticket.
        System = "system" as 's',
    }
}
