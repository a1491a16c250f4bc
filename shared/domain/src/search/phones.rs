//! Telephone numbers: one number is written with its digits in other groups, with and
//! without the code of its country.

/// Digits of a telephone number.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=18;
/// How many digits the code of a country has.
const COUNTRY_CODE: std::ops::RangeInclusive<usize> = 1..=3;
/// The fewest digits behind it.
const FEWEST_BEHIND: usize = 6;

/// The digits of a folded text that is nothing but a telephone number.
pub fn digits(folded: &str) -> Option<String> {
    let is_sign = |letter: char| {
        letter.is_whitespace() || matches!(letter, '+' | '-' | '(' | ')' | '.' | '/' | '\u{2010}'..='\u{2013}')
    };
    let number = folded.replace("(0)", "");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_number = number.chars().all(|letter| letter.is_ascii_digit() || is_sign(letter));
    (is_number && DIGITS.contains(&digits.len())).then_some(digits)
}

/// What the telephone number of a ticket is found by besides its groups of digits: its
/// digits as they are dialled from abroad and in its country, and from each group on.
pub fn forms(folded: &str) -> Vec<String> {
    let Some(digits) = digits(folded) else {
        return Vec::new();
    };
    let is_whole = folded.trim_start().starts_with('+').then_some(digits.as_str());
    let mut forms = local(folded, &digits);
    if let Some(whole) = is_whole.or_else(|| digits.strip_prefix("00")) {
        let local = COUNTRY_CODE.filter_map(|code| whole.get(code..)).filter(|local| local.len() >= FEWEST_BEHIND);
        forms.extend(local.flat_map(|local| [format!("0{local}"), local.to_owned()]));
        forms.extend([whole.to_owned(), format!("00{whole}")]);
    }
    forms.push(digits);
    forms
}

/// The digits from each group on.
fn local(folded: &str, digits: &str) -> Vec<String> {
    let number = folded.replace("(0)", "");
    let groups = number.split(|letter: char| !letter.is_ascii_digit()).map(str::len);
    let begins = groups.scan(0, |end, length| Some(std::mem::replace(end, *end + length)));
    begins
        .filter_map(|begin| digits.get(begin..))
        .filter(|local| local.len() >= FEWEST_BEHIND)
        .map(str::to_owned)
        .collect()
}
