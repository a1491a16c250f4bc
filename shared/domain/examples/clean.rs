//! Cleans HTML for `make corpus`: a JSON string per line in, the text of what is kept per
//! line out; null where it is refused because of its size.

use lambdesk_domain::message::{Content, InvalidContent};
use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let html: String = serde_json::from_str(&line?)?;
        let text = match Content::from_html(&html) {
            Ok(content) => Some(content.text().to_owned()),
            Err(InvalidContent::Empty) => Some(String::new()),
            Err(InvalidContent::TooLarge | InvalidContent::TooManyTags) => None,
        };
        writeln!(out, "{}", serde_json::to_string(&text)?)?;
    }
    Ok(())
}
