//! Statuses and the other closed sets of words a ticket uses.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Defines an enum whose variants have one spelling each, in JSON, in query
/// strings and in the table; further spellings are accepted on input.
///
/// `= "word" as 'c'` gives the variants a stored code of one character besides, for
/// keys and projected columns. Words and codes are what is stored: variants may be
/// added, moved and renamed, their words and codes never.
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal as $code:literal $(| $also:literal)*,)* }) => {
        $crate::status::words! { $(#[doc = $doc])* $name { $($(#[doc = $vdoc])* $variant = $word $(| $also)*,)* } }

        impl $name {
            /// Its one character in keys and projected columns of the table.
            #[must_use]
            pub const fn code(self) -> char {
                match self { $(Self::$variant => $code,)* }
            }

            /// Reads [`Self::code`]; none of any other character.
            #[must_use]
            pub const fn from_code(code: char) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        const _: () = assert!($crate::status::are_distinct(&[$($code,)*]), "two variants have one code");
    };
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal $(| $also:literal)*,)* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $vdoc])* #[doc = concat!("\nSpelt `", $word, "`.")] $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its one spelling on output.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads [`Self::as_str`], as the table has it; none of any other word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// Reads the word, or a word that another system uses for it.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word $(| $also)* => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words: &[&str] = &[$($word,)*];
                let read: &[&str] = &[$($word, $($also,)*)*];
                let told = concat!($($doc,)* $("\n- `", $word, "`:" $(, $vdoc)*,)*);
                let words = if generator.contract().is_deserialize() { read } else { words };
                schemars::json_schema!({ "description": told.trim(), "type": "string", "enum": words })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<str>::deserialize(from)?;
                Self::parse(&word).ok_or_else(|| {
                    serde::de::Error::custom(concat!("expected one of:" $(, " ", $word)*))
                })
            }
        }
    };
}
pub(crate) use words;

/// Whether no code occurs twice; for constants, so that a clash doesn't compile.
pub(crate) const fn are_distinct(codes: &[char]) -> bool {
    let mut rest = codes;
    while let [first, others @ ..] = rest {
        let mut behind = others;
        while let [other, further @ ..] = behind {
            if *first == *other {
                return false;
            }
            behind = further;
        }
        rest = others;
    }
    true
}

words! {
    /// Where a ticket stands. The words after `|` are other systems' for the same.
    Status {
        /// Waiting for us to begin.
        Open = "open" as '0' | "pending" | "customer_replied",
        /// Someone works on it.
        InProgress = "in_progress" as '1' | "ongoing",
        /// Answered; the customer's turn.
        Waiting = "waiting" as '2' | "answered",
        /// Blocked on our side.
        OnHold = "on_hold" as '3',
        /// Done; a reply reopens it.
        Resolved = "resolved" as '4' | "completed",
        /// Final; a reply starts a new ticket.
        Closed = "closed" as '5',
        /// Unwanted; remembers the status before, a reply never leaves it.
        Spam = "spam" as '6',
    }
}

words! {
    /// How urgent a ticket is, lowest first.
    Priority { Low = "low" as '0', Normal = "normal" as '1', High = "high" as '2', Urgent = "urgent" as '3', }
}

words! {
    /// How a ticket came in. Set by the system, never by the caller.
    Source {
        /// By a customer whom the site vouched for.
        Portal = "portal" as '0' | "collect",
        /// By a visitor nobody vouched for.
        Guest = "guest" as '1',
        /// By a machine key.
        Api = "api" as '2',
        /// By a user of the workspace.
        Agent = "agent" as '3',
        /// From a chat.
        Chat = "chat" as '4',
        /// By mail.
        Email = "email" as '5',
        /// By phone.
        Phone = "phone" as '6',
    }
}

words! {
    /// Whose turn it is, from the last public message.
    Awaiting { Agent = "agent" as '0', Customer = "customer" as '1', None = "none" as '2', }
}

words! {
    /// The kind of way in that a channel is.
    ChannelType {
        Form = "form" as '0', Chat = "chat" as '1', Email = "email" as '2', Phone = "phone" as '3',
        Api = "api" as '4', Whatsapp = "whatsapp" as '5', Teams = "teams" as '6',
    }
}

words! {
    /// Which lists a ticket can be in at all.
    Lifecycle {
        /// The ordinary place.
        Live = "live",
        /// Kept back by screening until someone looks.
        Unprocessed = "unprocessed",
        /// Put away.
        Archived = "archived",
        /// Deleted, restorable until it is purged.
        Trashed = "trashed",
    }
}

impl Status {
    /// Resolved or closed.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }

    /// Something is still to be done: neither closed nor spam.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !self.is_closed() && !matches!(self, Self::Spam)
    }
}

/// A set of statuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusSet(u8);

impl StatusSet {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// Just these.
    #[must_use]
    pub fn of(statuses: &[Status]) -> Self {
        Self(statuses.iter().fold(0, |bits, status| bits | 1 << *status as u8))
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, status: Status) -> Self {
        Self(self.0 & !(1 << status as u8))
    }

    /// Whether `status` is in it.
    #[must_use]
    pub const fn contains(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }

    /// Its members in order.
    pub fn iter(self) -> impl Iterator<Item = Status> {
        Status::ALL.iter().copied().filter(move |status| self.contains(*status))
    }

    /// How many members it has.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it has no member.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Status> for StatusSet {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        Self(statuses.into_iter().fold(0, |bits, status| bits | 1 << status as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_systems_are_read_and_answered_in_ours() {
        for (theirs, ours) in [
            ("pending", "open"),
            ("ongoing", "in_progress"),
            ("answered", "waiting"),
            ("customer_replied", "open"),
            ("completed", "resolved"),
        ] {
            assert_eq!(Status::parse(theirs).map(Status::as_str), Some(ours));
        }
        assert_eq!(Status::parse("Open"), None);
    }

    #[test]
    fn a_set_holds_exactly_what_was_put_in() {
        for status in Status::ALL {
            let set = StatusSet::of(&[*status]);
            assert_eq!(set.iter().collect::<Vec<_>>(), [*status]);
            assert!(!StatusSet::ALL.without(*status).contains(*status));
            assert_eq!(StatusSet::ALL.without(*status).len(), 6);
        }
    }
}
