#![doc = include_str!("../README.md")]

mod affordable;
mod columns;
mod count;
mod day_scan;
mod expression;
mod filter;
mod hits;
mod key_scan;
mod list;
mod lists;
mod number;
mod page;
mod plan;
mod position;
mod query;
mod rows;
mod scan;
mod search_parts;
mod searched;
mod selective;
mod selective_scan;
mod sight;
mod sort;
mod source;
mod tickets;
mod uses;
mod walk;

pub use filter::{CustomFilter, Filter, OneOf, Period};
pub use lists::Lists;
pub use position::{InvalidListPosition, ListPosition, ListStart};
pub use query::{ListPage, ListQuery, Total};
pub use sight::ClientSight;
pub use sort::{Sort, SortBy};
pub use uses::ValueUsers;
