//! Attribute names of the ticket item. Short, because every byte of it is stored up to
//! three times and read with every list.

use lambdesk_domain::status::Status;

pub const VERSION: &str = "ver";
pub const NUMBER: &str = "num";
pub const SUBJECT: &str = "sub";
pub const STATUS: &str = "st";
pub const STATUS_BEFORE_SPAM: &str = "sb";
pub const SHELF: &str = "sh";
pub const PRIORITY: &str = "pr";
pub const SOURCE: &str = "src";
pub const CHANNEL: &str = "ch";
pub const CHANNEL_KIND: &str = "chk";
pub const CATEGORY: &str = "cat";
pub const TEAM: &str = "tm";
pub const ASSIGNEE: &str = "asg";
/// The partition of the assignee index that the ticket is in while it is open:
/// copied from here when it reopens.
pub const ASSIGNED: &str = "ak";
pub const CONTACT: &str = "ct";
pub const ACCOUNT: &str = "ac";
pub const REQUESTER: &str = "rq";
pub const TAGS: &str = "tg";
pub const CUSTOM: &str = "cf";
pub const UID: &str = "uid";
pub const SUMMARY: &str = "sum";
pub const PREVIEW: &str = "pv";
pub const AWAITING: &str = "aw";
pub const REPLIES: &str = "rc";
pub const READ_BY_CUSTOMER: &str = "rbc";
pub const READ_BY_ORGANIZATION: &str = "rbo";
pub const FOLLOW_UP: &str = "fu";
pub const CREATED: &str = "cr";
pub const UPDATED: &str = "up";
pub const LAST_ACTIVITY: &str = "la";
pub const IN_PROGRESS: &str = "ip";
pub const FIRST_RESPONSE: &str = "fr";
pub const RESOLVED: &str = "rs";
pub const CLOSED: &str = "cl";
pub const ARCHIVED: &str = "ar";
pub const TRASHED: &str = "tr";
pub const ORIGIN: &str = "og";
pub const CAUSE: &str = "cz";

/// Inside the contact and the requester.
pub const ID: &str = "i";
pub const NAME: &str = "n";
pub const EMAIL: &str = "e";
pub const PHONE: &str = "p";
pub const EXTERNAL_ID: &str = "x";

/// Since when the status is this one. One attribute per status, so that entering
/// a status can keep its first time without knowing the status before.
pub const fn since(status: Status) -> &'static str {
    match status {
        Status::Open => "s_o",
        Status::InProgress => "s_i",
        Status::Waiting => "s_w",
        Status::OnHold => "s_h",
        Status::Resolved => "s_r",
        Status::Closed => "s_c",
        Status::Spam => "s_s",
    }
}

/// What lists filter by after the index has been read.
pub mod filterable {
    pub use super::{
        ACCOUNT, ASSIGNEE, AWAITING, CATEGORY, CHANNEL, CHANNEL_KIND, CONTACT, CREATED, CUSTOM, FOLLOW_UP, ID,
        LAST_ACTIVITY, NUMBER, PRIORITY, READ_BY_CUSTOMER, READ_BY_ORGANIZATION, SOURCE, STATUS, TAGS, TEAM, UID,
        UPDATED,
    };
}
