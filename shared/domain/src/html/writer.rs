//! What is kept: as HTML, and its words as plain text.

use super::escape::escape;

/// HTML and its text, written side by side.
pub(super) struct Writer {
    html: String,
    /// The text of it.
    pub(super) text: Lines,
    max: usize,
}

impl Writer {
    /// Writes about `max` bytes and no more.
    pub(super) fn new(max: usize) -> Self {
        Self { html: String::new(), text: Lines::default(), max }
    }

    /// Whether there was more to write.
    pub(super) fn is_full(&self) -> bool {
        self.html.len() > self.max
    }

    pub(super) fn open(&mut self, name: &str, attributes: &str) {
        if !self.is_full() {
            self.html.extend(["<", name, attributes, ">"]);
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        if !self.is_full() {
            self.html.extend(["</", name, ">"]);
        }
    }

    /// Text on one line, or as it stands.
    pub(super) fn write(&mut self, text: &str, is_verbatim: bool) {
        if self.is_full() {
            return;
        }
        // Where a document begins, parsers take it for a byte order mark and drop it.
        let text = if self.html.is_empty() { text.trim_start_matches('\u{feff}') } else { text };
        escape(text, false, &mut self.html);
        if is_verbatim {
            self.text.verbatim(text);
        } else {
            self.text.flow(text);
        }
    }

    /// What was written.
    pub(super) fn finish(self) -> (String, String) {
        (self.html, self.text.finish())
    }
}

/// Plain text as it grows: white space is collapsed as browsers do.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    /// White space was seen and not yet written.
    has_space: bool,
    /// The first word stands in a text whose white space is kept.
    begins_verbatim: bool,
}

impl Lines {
    /// Whether nothing stands on this line yet.
    pub(super) fn is_at_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    fn flow(&mut self, text: &str) {
        for letter in text.chars() {
            if letter.is_ascii_whitespace() {
                self.has_space = true;
            } else {
                self.space();
                self.text.push(if letter == '\u{a0}' { ' ' } else { letter });
            }
        }
    }

    fn verbatim(&mut self, text: &str) {
        self.space();
        if self.text.trim_start().is_empty() && !text.trim_start().is_empty() {
            self.begins_verbatim = true;
        }
        self.text.extend(text.chars().map(|letter| if letter == '\u{a0}' { ' ' } else { letter }));
    }

    fn space(&mut self) {
        if self.has_space && !self.is_at_start() {
            self.text.push(' ');
        }
        self.has_space = false;
    }

    /// A block begins or ends. A line of spaces alone is an empty one that was meant.
    pub(super) fn block(&mut self) {
        self.has_space = false;
        if !self.is_at_start() {
            self.line_break();
        }
    }

    /// A line ends, even an empty one.
    pub(super) fn line_break(&mut self) {
        self.has_space = false;
        self.text.truncate(self.text.trim_end_matches([' ', '\t']).len());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A cell begins.
    pub(super) fn cell(&mut self) {
        self.has_space = false;
        if !self.is_at_start() {
            self.text.push('\t');
        }
    }

    fn finish(self) -> String {
        let text = self.text.trim_end();
        if self.begins_verbatim { first_line(text).to_owned() } else { text.trim_start().to_owned() }
    }
}

/// From the first line on that has something on it.
fn first_line(text: &str) -> &str {
    let blank = text.len() - text.trim_start().len();
    let begins = text.get(..blank).and_then(|blank| blank.rfind('\n')).map_or(0, |end| end + 1);
    text.get(begins..).unwrap_or_default()
}
