//! Formatting and links: what is wanted for the next word, and what is open for it.

use super::{tags::is_plain_formatting, writer::Writer};
use html5ever::LocalName;

/// How many may be wanted at once; no editor nests as many.
const MAX_WANTED: usize = 50;

/// An inline element that has begun and not ended.
struct Inline {
    id: usize,
    name: LocalName,
    attributes: String,
    /// How many cells it is in.
    cells: usize,
    /// Not written, because another one of the same effect is open around it.
    is_implied: bool,
}

/// The inline elements at one place of a document.
///
/// They are opened when a word needs them, and closed before a block begins or ends, so
/// that each block has its own: what is never closed costs nothing where nothing is said.
#[derive(Default)]
pub(super) struct Inlines {
    wanted: Vec<Inline>,
    open: Vec<(usize, LocalName)>,
    next_id: usize,
}

impl Inlines {
    /// One begins, within so many cells.
    pub(super) fn start(&mut self, name: &LocalName, attributes: String, cells: usize) {
        match &**name {
            // A link within a link ends the one around it, as an annotation does.
            "a" => self.wanted.retain(|inline| inline.name != *name),
            "rp" | "rt" => self.wanted.retain(|inline| !matches!(&*inline.name, "rp" | "rt")),
            "rtc" => self.wanted.retain(|inline| !matches!(&*inline.name, "rp" | "rt" | "rtc")),
            _ => {}
        }
        if self.wanted.len() >= MAX_WANTED || matches!(&**name, "a" | "span") && attributes.is_empty() {
            return;
        }
        let is_implied = is_plain_formatting(name) && self.wanted.iter().any(|inline| inline.name == *name);
        self.next_id += 1;
        self.wanted.push(Inline { id: self.next_id, name: name.clone(), attributes, cells, is_implied });
    }

    /// One ends; none that began outside of this cell.
    pub(super) fn end(&mut self, name: &LocalName, cells: usize) {
        if let Some(at) = self.wanted.iter().rposition(|inline| inline.name == *name && inline.cells == cells) {
            self.wanted.remove(at);
        }
    }

    /// A cell ends, and with it what began there.
    pub(super) fn leave_cell(&mut self, cells: usize) {
        self.wanted.retain(|inline| inline.cells < cells);
    }

    /// Closes what is no longer wanted.
    pub(super) fn close_unwanted(&mut self, out: &mut Writer) {
        let wanted = self.wanted.iter().filter(|inline| !inline.is_implied);
        let kept = self.open.iter().zip(wanted).take_while(|((open, _), wanted)| *open == wanted.id).count();
        self.close_from(kept, out);
    }

    /// Closes what is no longer wanted and opens what is.
    pub(super) fn open_wanted(&mut self, out: &mut Writer) {
        self.close_unwanted(out);
        let wanted = self.wanted.iter().filter(|inline| !inline.is_implied);
        for inline in wanted.skip(self.open.len()) {
            out.open(&inline.name, &inline.attributes);
            self.open.push((inline.id, inline.name.clone()));
        }
    }

    /// Closes all that is open; what is wanted stays so.
    pub(super) fn close(&mut self, out: &mut Writer) {
        self.close_from(0, out);
    }

    fn close_from(&mut self, kept: usize, out: &mut Writer) {
        for (_, name) in self.open.drain(kept..).rev() {
            out.close(&name);
        }
    }
}
