//! Scripts that are written without spaces between words.

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether a letter is of a script without spaces: Han, kana, bopomofo, Thai, Lao,
/// Myanmar, Khmer, Tai, Balinese, Javanese.
pub const fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e01}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}' | '\u{1000}'..='\u{103f}'
        | '\u{1050}'..='\u{108f}' | '\u{109a}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' | '\u{17d7}'..='\u{17dd}'
        | '\u{1950}'..='\u{19cf}' | '\u{1a20}'..='\u{1a7c}' | '\u{1b00}'..='\u{1b4c}' | '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303c}'
        | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a980}'..='\u{a9c0}' | '\u{a9e0}'..='\u{a9ef}' | '\u{a9fa}'..='\u{a9fe}' | '\u{aa60}'..='\u{aadf}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Cuts a run into stretches of one kind: with spaces, or without.
pub fn stretches(run: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let kind = is_unspaced(rest.chars().next()?);
        let end = rest.find(|letter| is_unspaced(letter) != kind).unwrap_or(rest.len());
        let (stretch, others) = rest.split_at(end);
        rest = others;
        Some((stretch, kind))
    })
}

/// The overlapping pairs of a stretch without spaces, and its last character by itself: so
/// each character begins something that it is found by.
pub fn pairs(stretch: &str) -> impl Iterator<Item = &str> {
    let starts = stretch.grapheme_indices(true).map(|(start, _)| start);
    let ends = stretch.grapheme_indices(true).map(|(start, character)| start + character.len());
    let ends = ends.skip(1).chain([stretch.len()]);
    starts.zip(ends).filter_map(|(start, end)| stretch.get(start..end))
}

/// Pairs of a stretch that cover it, as few as there are; of one character that character.
pub fn cover(stretch: &str) -> Vec<&str> {
    let all: Vec<_> = pairs(stretch).collect();
    let whole = all.len().saturating_sub(1).max(1);
    let last = whole - 1;
    let chosen = all.iter().take(whole).enumerate().filter(|(index, _)| index % 2 == 0 || *index == last);
    chosen.map(|(_, pair)| *pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_found_by_overlapping_pairs_and_asked_for_by_pairs_that_cover_it() {
        assert_eq!(pairs("注文番号").collect::<Vec<_>>(), ["注文", "文番", "番号", "号"]);
        assert_eq!(cover("注文番号"), ["注文", "番号"]);
        assert_eq!(cover("注文番"), ["注文", "文番"]);
        assert_eq!((pairs("品").collect::<Vec<_>>(), cover("品")), (vec!["品"], vec!["品"]));
        assert_eq!(pairs("กี่บาท").collect::<Vec<_>>(), ["กี่บ", "บา", "าท", "ท"]);
    }

    #[test]
    fn a_run_is_cut_where_its_script_begins_or_ends_to_have_spaces() {
        let cut: Vec<_> = stretches("iPhone15を買う").collect();
        assert_eq!(cut, [("iPhone15", false), ("を買う", true)]);
        assert_eq!(stretches("").count(), 0);
    }
}
