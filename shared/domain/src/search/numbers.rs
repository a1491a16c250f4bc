//! Numbers of tickets in texts and searches: `#42`.

use crate::id::TicketNumber;

/// Before the number.
pub const SIGN: char = '#';
/// More digits are something else.
const MOST_DIGITS: usize = 15;

/// The numbers with their signs in a folded text, and where they begin: with no letter or
/// digit beside them.
pub fn numbers(folded: &str) -> impl Iterator<Item = (usize, &str)> {
    folded.match_indices(SIGN).filter_map(|(begin, _)| {
        let (before, rest) = folded.split_at_checked(begin)?;
        let digits = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at_checked(1 + digits)?;
        let is_apart = !before.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, SIGN | '&'))
            && !behind.starts_with(char::is_alphanumeric);
        (is_apart && (1..=MOST_DIGITS).contains(&digits)).then_some((begin, number))
    })
}

/// The ticket that a number with or without its sign is of.
pub fn ticket_number(text: &str) -> Option<TicketNumber> {
    let digits = text.strip_prefix(SIGN).unwrap_or(text);
    let is_number = digits.len() <= MOST_DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number && !digits.starts_with('0')).map(TicketNumber)
}
