//! How an HTTP API of API Gateway chooses a route. Source: its developer guide,
//! "Create routes for HTTP APIs", section on routing API requests: a full match
//! before a greedy one (`{proxy+}`), among those the most specific, else none.

/// The route key that serves a path.
pub fn select<'a>(keys: impl IntoIterator<Item = &'a str>, path: &str) -> Option<&'a str> {
    let matching = keys.into_iter().filter_map(|key| Some((fit(key, path)?, key)));
    matching.max().map(|(_, key)| key)
}

/// How well a key fits: the higher the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    is_full: bool,
    /// Which segments are literal: a literal one is more specific than a variable.
    literal: Vec<bool>,
}

fn fit(key: &str, path: &str) -> Option<Fit> {
    let (wanted, is_full) = match key.strip_suffix("/{proxy+}") {
        Some(before) => (segments(before), false),
        None => (segments(key), true),
    };
    let asked = segments(path);
    let is_of_length = if is_full { asked.len() == wanted.len() } else { asked.len() > wanted.len() };
    let fits = wanted.iter().zip(&asked).all(|(wanted, asked)| is_variable(wanted) || wanted == asked);
    let literal = wanted.iter().map(|segment| !is_variable(segment)).collect();
    (is_of_length && fits).then_some(Fit { is_full, literal })
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{')
}

/// A path as a caller would send it to this route of axum's.
pub fn example(route: &str) -> String {
    let filled = segments(route).into_iter().map(|segment| if is_variable(segment) { "some-value" } else { segment });
    filled.fold(String::new(), |path, segment| path + "/" + segment)
}

#[test]
fn a_full_match_wins_and_then_the_most_specific_greedy_one() {
    let keys = ["/t", "/t/{proxy+}", "/t/{id}/m", "/t/{id}/m/{proxy+}"];
    for (path, chosen) in [
        ("/t", Some("/t")),
        ("/t/1", Some("/t/{proxy+}")),
        ("/t/1/m", Some("/t/{id}/m")),
        ("/t/1/m/2", Some("/t/{id}/m/{proxy+}")),
        ("/t/1/x/2", Some("/t/{proxy+}")),
        ("/x", None),
    ] {
        assert_eq!(select(keys, path), chosen, "{path}");
    }
}
