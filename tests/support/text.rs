//! Made-up text that is as people's: always the same for the same seed, with few common
//! and many rare words. What searching and indexing cost depends on that.

use std::iter;

/// How many words there are. As in languages, the second most common word is half as
/// common as the first, and so on.
const VOCABULARY: u32 = 30_000;

/// A text of so many words.
pub fn text(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words: Vec<_> = iter::repeat_with(|| word(rank(random() % 1_000_000))).take(words).collect();
    words.join(" ")
}

/// Text of about so many bytes of these letters that can't be made much shorter by
/// packing.
pub fn noise(bytes: usize, seed: u64, letters: &[char]) -> String {
    let (mut text, mut random) = (String::new(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    while text.len() < bytes {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let at = usize::try_from(random % letters.len() as u64).unwrap();
        text.push(letters[at]);
    }
    text
}

/// What is printed on keyboards.
pub fn printable() -> Vec<char> {
    (' '..='~').collect()
}

/// The word of this rank: the common ones are short, as in languages.
pub fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 30] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi",
        "zo", "qua", "an", "er", "in", "on", "us", "al", "et", "ing", "or", "en",
    ];
    let syllable = |place: u64| SYLLABLES[usize::try_from(place % 30).unwrap()];
    if rank < 30 {
        return syllable(rank).to_owned();
    }
    // Prime to the number of words of three syllables, so that each has its own.
    let scattered = rank * 7_919 % 27_000;
    let mut word: String = [scattered, scattered / 30, scattered / 900].map(syllable).concat();
    if rank >= 27_000 {
        word.push_str(syllable(rank));
    }
    word
}

/// By Zipf's law: ranks from 1 on, as often as their reciprocals say.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small, positive"
)]
fn rank(millionths: u64) -> u64 {
    f64::from(VOCABULARY).powf(millionths as f64 / 1e6) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_differ_and_the_common_ones_come_often() {
        let all: BTreeSet<_> = (1..3_000).map(word).collect();
        // A few are spelled alike by chance.
        assert!(all.len() > 2_900, "{}", all.len());
        let texts: Vec<_> = (0..200).map(|seed| text(seed, 80)).collect();
        let often = |rank: u64| texts.iter().filter(|text| text.split(' ').any(|said| said == word(rank))).count();
        assert!(often(1) > 150 && often(20) > 20 && often(20_000) < 5, "{} {} {}", often(1), often(20), often(20_000));
    }
}
