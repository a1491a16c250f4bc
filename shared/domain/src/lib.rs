//! The rules of a support desk, and nothing else.
//!
//! Nothing here knows of AWS, HTTP, the clock or randomness: times and ids come
//! in as arguments, so every rule can be tested as plain arithmetic.
//!
//! | module | subject |
//! |---|---|
//! | [`ticket`] | the ticket itself and the answers derived from it |
//! | [`message`], [`attachment`] | what a thread consists of |
//! | [`set`](mod@set), [`patch`], [`guard`] | what a change sets, and what it may assume |
//! | [`command`] | commands decided into changes |
//! | [`events`] | the event between two versions of a ticket or contact |
//! | [`access`] | actors, roles, scopes and who sees what |
//! | [`contact`], [`personal`] | people and their accounts; what is done with everything of one |
//! | [`cascade`] | what follows for all tickets from a deletion or a change elsewhere |
//! | [`directory`] | users, channels, categories, tags, fields, settings |
//! | [`webhook`] | endpoints, subscriptions, deliveries and their schedule |
//! | [`pace`] | how fast deliveries come due that are asked for again in numbers |
//! | [`report`], [`day`](mod@day) | what the events add up to |
//! | [`search`] | the words of texts and searches |
//! | [`budget`] | what a request may cost and answer, and how large its items may be |
//! | [`sweep`] | runs of the sweep as they are reported, and the events of versions that the stream lost |
//! | `testing` | random tickets and commands, behind the feature of that name |

pub mod access;
pub mod attachment;
pub mod budget;
pub mod cascade;
pub mod command;
pub mod contact;
pub mod custom_field;
pub mod day;
pub mod directory;
pub mod events;
pub mod guard;
pub mod html;
pub mod id;
pub mod message;
pub mod pace;
mod parsed;
pub mod patch;
pub mod personal;
pub mod report;
pub mod search;
pub mod set;
pub mod status;
pub mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod ticket;
pub mod time;
pub mod webhook;
