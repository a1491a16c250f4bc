//! Attribute names of counters: from a counter to the name in its item and back.

use lambdesk_domain::{
    report::{Counter, Counters, Happening, HistogramBucket, Span, Standing},
    status::Awaiting,
};
use lambdesk_table::{Corrupt, Item};

/// The attribute with the position in the feed.
pub const POSITION: &str = "pos";
/// The attribute with the generation.
pub const GENERATION: &str = "gen";
/// The attributes of an item with counters that are none.
const OTHERS: [&str; 5] = ["pk", "sk", "v", POSITION, GENERATION];

/// The attribute of a counter.
pub fn name(counter: Counter) -> String {
    match counter {
        Counter::Standing(standing) => format!("n_{standing}"),
        Counter::Awaiting(awaiting) => format!("w_{awaiting}"),
        Counter::Happened(happening) => format!("d_{happening}"),
        Counter::Took(span, bucket) => format!("{}{}", span.code(), bucket.number()),
        Counter::Millis(span) => format!("{}_ms", span.code()),
    }
}

/// The counter of an attribute.
fn parse(name: &str) -> Option<Counter> {
    if let Some((kind, word)) = name.split_once('_') {
        return match kind {
            "n" => Standing::from_word(word).map(Counter::Standing),
            "w" => Awaiting::from_word(word).map(Counter::Awaiting),
            "d" => Happening::from_word(word).map(Counter::Happened),
            letter if word == "ms" => span(letter).map(Counter::Millis),
            _ => None,
        };
    }
    let (letter, number) = name.split_at_checked(1)?;
    Some(Counter::Took(span(letter)?, HistogramBucket::from_number(number.parse().ok()?)?))
}

/// The counters of an item.
///
/// # Errors
/// When one is not known, or no number.
pub fn counters(item: &Item) -> Result<Counters, Corrupt> {
    let counted = item.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str()));
    let read = counted.map(|(name, value)| Some((parse(name)?, value.as_n().ok()?.parse().ok()?)));
    read.collect::<Option<_>>().ok_or(Corrupt("counter"))
}

fn span(of: &str) -> Option<Span> {
    let mut letters = of.chars();
    let code = letters.next().filter(|_| letters.as_str().is_empty())?;
    Span::from_code(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_counter_reads_back_and_nothing_else_is_one() {
        let standings = Standing::ALL.iter().copied().map(Counter::Standing);
        let awaiting = Awaiting::ALL.iter().copied().map(Counter::Awaiting);
        let happened = Happening::ALL.iter().copied().map(Counter::Happened);
        let bucket = HistogramBucket::of(Duration::from_hours(7));
        let times = Span::ALL.iter().flat_map(|span| [Counter::Took(*span, bucket), Counter::Millis(*span)]);
        for counter in standings.chain(awaiting).chain(happened).chain(times) {
            assert_eq!(parse(&name(counter)), Some(counter));
        }
        for other in ["pk", "sk", "v", "pos", "gen", "at", "", "f", "f999", "n_none"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
