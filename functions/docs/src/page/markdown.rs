//! The little Markdown that descriptions use: paragraphs, lists, `code`.

use maud::{Markup, html};

/// A description as HTML.
pub fn markdown(text: &str) -> Markup {
    html! { @for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) { (paragraph(block)) } }
}

/// Lines, and behind them a list.
fn paragraph(block: &str) -> Markup {
    let (mut lines, mut points) = (Vec::new(), Vec::new());
    for line in block.lines() {
        match line.trim_start().strip_prefix("- ") {
            Some(point) => points.push(point.to_owned()),
            None => match points.last_mut() {
                Some(point) => {
                    point.push(' ');
                    point.push_str(line.trim());
                }
                None => lines.push(line.trim()),
            },
        }
    }
    html! {
        @if !lines.is_empty() { p { (spans(&lines.join(" "))) } }
        @if !points.is_empty() { ul { @for point in points { li { (spans(&point)) } } } }
    }
}

/// Every second piece between backticks is code. Links of rustdoc lose their brackets.
fn spans(line: &str) -> Markup {
    let line = line.replace("[`", "`").replace("`]", "`");
    html! {
        @for (index, piece) in line.split('`').enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_code_are_told_apart_and_the_rest_is_escaped() {
        let html = markdown("One <b>\ntwo `a<b`.\n- `x`: first\n  still\n- second\n\nEnd").into_string();
        let expected = "<p>One &lt;b&gt; two <code>a&lt;b</code>.</p><ul><li><code>x</code>: first still</li>\
                        <li>second</li></ul><p>End</p>";
        assert_eq!(html, expected);
    }
}
