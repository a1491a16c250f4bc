//! Blocks, and what is written in them.
//!
//! What is written is such that parsers read it as it stands: every element is closed,
//! in order; paragraphs and formatting hold no blocks, tables have all their parts. So
//! cleaning it once more changes nothing.

use super::{
    inlines::Inlines,
    tags::{BlockKind, TagRole, attributes, role},
    tokens::{Token, TooMuch},
    writer::Writer,
};
use crate::text::{is_line_end, printable_lines};
use html5ever::{LocalName, tendril::StrTendril, tokenizer::Tag};
use std::collections::HashMap;

/// How deep blocks are written; what is nested deeper stands side by side. Parsers look
/// through all that is open, and no reader sees so many frames.
const MAX_DEPTH: usize = 100;

/// A block that is open.
struct OpenBlock {
    /// Its name where it came from.
    source: LocalName,
    /// Its name in what is written; none when it was too deep.
    written: Option<&'static str>,
    kind: BlockKind,
}

/// A document as it is written.
pub(super) struct HtmlPage {
    out: Writer,
    blocks: Vec<OpenBlock>,
    inlines: Inlines,
    /// How many open blocks are written.
    depth: usize,
    /// How many cells are open.
    cells: usize,
    /// How many blocks are open whose white space is kept.
    verbatim: usize,
    /// Nothing stands yet in the innermost of them: parsers drop a line end there.
    is_fresh: bool,
}

/// What is kept of these tokens, as HTML and as text: at most about `max` bytes.
pub(super) fn page(tokens: Vec<Token>, max: usize) -> Result<(String, String), TooMuch> {
    let mut unmatched = Unmatched::of(&tokens);
    let mut page = HtmlPage::new(max);
    // What is left out, up to its end.
    let mut hidden: Option<LocalName> = None;
    for token in tokens {
        let has_end = unmatched.pass(&token);
        match (&hidden, token) {
            (Some(name), Token::End(end)) if *name == end => hidden = None,
            (Some(_), _) => {}
            (None, Token::Start { tag, is_raw }) if matches!(role(&tag.name), TagRole::Hidden) => {
                hidden = (is_raw || has_end && !tag.self_closing).then_some(tag.name);
            }
            (None, Token::Start { tag, .. }) => page.start(&tag),
            (None, Token::End(name)) => page.end(&name),
            (None, Token::Text(text)) => page.text(&text),
        }
    }
    page.close_to(0);
    page.inlines.close(&mut page.out);
    if page.out.is_full() { Err(TooMuch::Bytes) } else { Ok(page.out.finish()) }
}

/// How many more ends than beginnings of each hidden element are still to come: what is
/// never ended hides nothing.
struct Unmatched(HashMap<LocalName, isize>);

impl Unmatched {
    fn of(tokens: &[Token]) -> Self {
        let mut all = Self(HashMap::new());
        for token in tokens {
            all.count(token, 1);
        }
        all
    }

    /// Goes past a token, and tells whether it begins what is ended further on.
    fn pass(&mut self, token: &Token) -> bool {
        let left = self.count(token, 0);
        self.count(token, -1);
        left >= 0
    }

    fn count(&mut self, token: &Token, times: isize) -> isize {
        let (name, one) = match token {
            Token::Start { tag, .. } => (&tag.name, -1),
            Token::End(name) => (name, 1),
            Token::Text(_) => return 0,
        };
        if !matches!(role(name), TagRole::Hidden) {
            return 0;
        }
        let left = self.0.entry(name.clone()).or_default();
        *left += one * times;
        *left
    }
}

impl HtmlPage {
    fn new(max: usize) -> Self {
        Self {
            out: Writer::new(max),
            blocks: Vec::new(),
            inlines: Inlines::default(),
            depth: 0,
            cells: 0,
            verbatim: 0,
            is_fresh: false,
        }
    }

    fn start(&mut self, tag: &Tag) {
        match role(&tag.name) {
            TagRole::Inline => self.inlines.start(&tag.name, attributes(&tag.name, tag), self.cells),
            TagRole::Block(kind, written) => self.start_block(tag, kind, written),
            TagRole::Break(name) => self.line_break(name),
            TagRole::Rule => self.rule(tag),
            TagRole::Hidden | TagRole::Bare => {}
        }
    }

    fn end(&mut self, name: &LocalName) {
        match role(name) {
            TagRole::Inline => self.inlines.end(name, self.cells),
            TagRole::Block(kind, _) => self.end_block(name, kind),
            TagRole::Break("br") => self.line_break("br"),
            TagRole::Break(_) | TagRole::Rule | TagRole::Hidden | TagRole::Bare => {}
        }
    }

    /// White space of the source says nothing about lines; other line ends were meant.
    fn text(&mut self, text: &StrTendril) {
        let is_verbatim = self.verbatim > 0;
        let mut rest: &str = text;
        while let Some(at) = rest.find(|c: char| is_line_end(c) && !c.is_ascii_whitespace()) {
            let (line, after) = rest.split_at(at);
            self.line(line, is_verbatim);
            if is_verbatim {
                self.line("\n", is_verbatim);
            } else {
                self.line_break("br");
            }
            rest = after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        }
        self.line(rest, is_verbatim);
    }

    fn line(&mut self, text: &str, is_verbatim: bool) {
        let shown = printable_lines(text);
        let shown = if self.is_fresh { shown.trim_start_matches('\n') } else { &shown };
        let has_words = !shown.bytes().all(|byte| byte.is_ascii_whitespace());
        if shown.is_empty() || !has_words && self.is_between_cells() {
            return;
        }
        if has_words {
            self.enter_cell();
            self.inlines.open_wanted(&mut self.out);
        } else {
            self.inlines.close_unwanted(&mut self.out);
        }
        self.out.write(shown, is_verbatim);
        self.is_fresh = false;
    }

    fn line_break(&mut self, name: &str) {
        if self.is_between_cells() {
            return;
        }
        self.inlines.close_unwanted(&mut self.out);
        self.out.open(name, "");
        if name == "br" {
            self.out.text.line_break();
        }
        self.is_fresh = false;
    }

    fn rule(&mut self, tag: &Tag) {
        if self.is_between_cells() {
            return;
        }
        self.end_paragraph();
        self.inlines.close(&mut self.out);
        self.out.open("hr", &attributes("hr", tag));
        self.out.text.block();
        self.is_fresh = false;
    }

    fn start_block(&mut self, tag: &Tag, kind: BlockKind, written: &'static str) {
        self.end_paragraph();
        let table = self.blocks.iter().rposition(|block| block.kind == BlockKind::Table);
        let kind = match (kind, table) {
            (BlockKind::Caption | BlockKind::Section | BlockKind::Row | BlockKind::Cell, Some(table)) => {
                self.make_room(table, kind);
                return self.open(tag.name.clone(), written, kind, &attributes(written, tag));
            }
            (BlockKind::Caption | BlockKind::Section | BlockKind::Row | BlockKind::Cell, None) => {
                return self.open_content(tag, "div", BlockKind::Plain);
            }
            (kind, _) => kind,
        };
        match kind {
            BlockKind::Heading if self.innermost() == Some(BlockKind::Heading) => self.close_to(self.blocks.len() - 1),
            BlockKind::Item | BlockKind::Definition => self.end_item(kind),
            // A table between the cells of another one ends that.
            BlockKind::Table if self.is_between_cells() => self.close_to(table.unwrap_or_default()),
            _ => {}
        }
        self.open_content(tag, written, kind);
    }

    fn open_content(&mut self, tag: &Tag, written: &'static str, kind: BlockKind) {
        self.enter_cell();
        if self.depth < MAX_DEPTH {
            return self.open(tag.name.clone(), written, kind, &attributes(written, tag));
        }
        self.break_line();
        self.blocks.push(OpenBlock { source: tag.name.clone(), written: None, kind: BlockKind::Plain });
    }

    /// A new line for what is too deep for a block.
    fn break_line(&mut self) {
        if !self.out.text.is_at_start() {
            self.line_break("br");
        }
    }

    fn open(&mut self, source: LocalName, written: &'static str, kind: BlockKind, attributes: &str) {
        self.inlines.close(&mut self.out);
        self.out.open(written, attributes);
        if kind == BlockKind::Cell {
            self.out.text.cell();
        } else {
            self.out.text.block();
        }
        self.depth += 1;
        self.cells += usize::from(matches!(kind, BlockKind::Cell | BlockKind::Caption));
        self.verbatim += usize::from(kind == BlockKind::Verbatim);
        self.is_fresh = kind == BlockKind::Verbatim;
        self.blocks.push(OpenBlock { source, written: Some(written), kind });
    }

    fn close_to(&mut self, count: usize) {
        while self.blocks.len() > count
            && let Some(block) = self.blocks.pop()
        {
            let Some(written) = block.written else {
                self.break_line();
                continue;
            };
            self.inlines.close(&mut self.out);
            self.out.close(written);
            if block.kind != BlockKind::Cell {
                self.out.text.block();
            }
            self.depth -= 1;
            if matches!(block.kind, BlockKind::Cell | BlockKind::Caption) {
                self.inlines.leave_cell(self.cells);
                self.cells -= 1;
            }
            self.verbatim -= usize::from(block.kind == BlockKind::Verbatim);
            self.is_fresh = false;
        }
    }

    fn end_block(&mut self, name: &LocalName, kind: BlockKind) {
        let is_part = matches!(
            kind,
            BlockKind::Table | BlockKind::Caption | BlockKind::Section | BlockKind::Row | BlockKind::Cell
        );
        let ends =
            |block: &OpenBlock| block.source == *name || kind == BlockKind::Heading && block.kind == BlockKind::Heading;
        let stops = |block: &OpenBlock| match block.kind {
            BlockKind::Table => true,
            BlockKind::Caption | BlockKind::Section | BlockKind::Row | BlockKind::Cell => !is_part,
            _ => kind == BlockKind::Item && matches!(block.written, Some("ol" | "ul")),
        };
        let at = self.blocks.iter().rposition(|block| ends(block) || stops(block));
        match at.filter(|at| self.blocks.get(*at).is_some_and(ends)) {
            Some(at) => self.close_to(at),
            // To browsers this is an empty paragraph.
            None if kind == BlockKind::Paragraph && !self.is_between_cells() => self.empty_paragraph(name),
            None => {}
        }
    }

    fn empty_paragraph(&mut self, name: &LocalName) {
        if self.depth < MAX_DEPTH {
            self.open(name.clone(), "p", BlockKind::Paragraph, "");
            self.close_to(self.blocks.len() - 1);
        } else {
            self.break_line();
        }
    }

    fn end_paragraph(&mut self) {
        if self.innermost() == Some(BlockKind::Paragraph) {
            self.close_to(self.blocks.len() - 1);
        }
    }

    /// Ends the item before, unless another list has begun in it.
    fn end_item(&mut self, kind: BlockKind) {
        let at = self.blocks.iter().rposition(|block| {
            block.kind == kind
                || block.kind != BlockKind::Paragraph && block.written.is_some_and(|written| written != "div")
        });
        if let Some(at) = at.filter(|at| self.blocks.get(*at).is_some_and(|block| block.kind == kind)) {
            self.close_to(at);
        }
    }

    fn innermost(&self) -> Option<BlockKind> {
        self.blocks.last().map(|block| block.kind)
    }

    /// Whether this is a table, but none of its cells.
    fn is_between_cells(&self) -> bool {
        matches!(self.innermost(), Some(BlockKind::Table | BlockKind::Section | BlockKind::Row))
    }

    /// Closes what must be closed before a part of this table begins, and opens what it
    /// must stand in.
    fn make_room(&mut self, table: usize, part: BlockKind) {
        let holds = |kind: BlockKind| match part {
            BlockKind::Cell => matches!(kind, BlockKind::Row | BlockKind::Section),
            BlockKind::Row => kind == BlockKind::Section,
            _ => false,
        };
        let parents = self.blocks.iter().skip(table + 1).take_while(|block| holds(block.kind)).count();
        self.close_to(table + 1 + parents);
        self.open_parts(part);
    }

    /// Text between cells gets a cell of its own.
    fn enter_cell(&mut self) {
        if self.is_between_cells() {
            self.open_parts(BlockKind::Cell);
            self.open(LocalName::from("td"), "td", BlockKind::Cell, "");
        }
    }

    fn open_parts(&mut self, part: BlockKind) {
        if matches!(part, BlockKind::Row | BlockKind::Cell) && self.innermost() == Some(BlockKind::Table) {
            self.open(LocalName::from("tbody"), "tbody", BlockKind::Section, "");
        }
        if part == BlockKind::Cell && self.innermost() == Some(BlockKind::Section) {
            self.open(LocalName::from("tr"), "tr", BlockKind::Row, "");
        }
    }
}
