//! The tokens of HTML, as browsers cut it: what stands in a comment, an attribute, a
//! script or a style is a part of it, and never of what follows.

use html5ever::{
    LocalName,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token as Cut, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::{RawKind, State},
    },
};
use std::cell::{Cell, RefCell};

/// The most tags in a message's HTML; no editor writes as many.
const MAX_TAGS: usize = 4_000;

/// The most attributes of one tag: each is compared with those before it.
const MAX_ATTRIBUTES: usize = 500;

/// Why HTML was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// More tags, or attributes of one tag, than any editor writes.
    #[error("has too many tags")]
    Tags,
    /// What is kept of it would be too long.
    #[error("is too long")]
    Bytes,
}

/// What a piece of HTML consists of; comments and declarations are left out.
pub(super) enum Token {
    /// Characters, with their references resolved.
    Text(StrTendril),
    /// The beginning of an element.
    Start {
        /// The tag.
        tag: Tag,
        /// What follows up to its end is text, whatever it looks like.
        is_raw: bool,
    },
    /// The end of one of this name.
    End(LocalName),
}

/// Cuts HTML into tokens.
pub(super) fn tokens(html: &str) -> Result<Vec<Token>, TooMuch> {
    if has_too_many_attributes(html) {
        return Err(TooMuch::Tags);
    }
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    // It stops only for scripts and declared encodings, of which the sink tells nothing.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let Sink { tokens, tags, .. } = tokenizer.sink;
    if tags.get() > MAX_TAGS { Err(TooMuch::Tags) } else { Ok(tokens.into_inner()) }
}

#[derive(Default)]
struct Sink {
    tokens: RefCell<Vec<Token>>,
    tags: Cell<usize>,
    /// How many `svg` and `math` are open: other rules for raw text hold in there.
    foreign: Cell<usize>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Cut, _: u64) -> TokenSinkResult<()> {
        match token {
            Cut::CharacterTokens(text) => self.text(text),
            Cut::TagToken(tag) => {
                self.tags.set(self.tags.get() + 1);
                if self.tags.get() <= MAX_TAGS {
                    return self.tag(tag);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.foreign.get() > 0
    }
}

impl Sink {
    fn text(&self, text: StrTendril) {
        let mut tokens = self.tokens.borrow_mut();
        match tokens.last_mut() {
            Some(Token::Text(before)) => before.push_tendril(&text),
            _ => tokens.push(Token::Text(text)),
        }
    }

    fn tag(&self, tag: Tag) -> TokenSinkResult<()> {
        let is_foreign = matches!(&*tag.name, "svg" | "math");
        if tag.kind == TagKind::EndTag {
            self.foreign.set(self.foreign.get().saturating_sub(usize::from(is_foreign)));
            self.tokens.borrow_mut().push(Token::End(tag.name));
            return TokenSinkResult::Continue;
        }
        let next = if tag.self_closing || self.foreign.get() > 0 { None } else { raw_text(&tag.name) };
        if is_foreign && !tag.self_closing {
            self.foreign.set(self.foreign.get() + 1);
        } else if leaves_foreign(&tag.name) {
            self.foreign.set(0);
        }
        self.tokens.borrow_mut().push(Token::Start { is_raw: next.is_some(), tag });
        match next {
            None => TokenSinkResult::Continue,
            Some(State::RawData(kind)) => TokenSinkResult::RawData(kind),
            Some(_) => TokenSinkResult::Plaintext,
        }
    }
}

/// How what follows this tag is read (HTML, section 13.4, "parsing HTML fragments").
/// Nothing runs scripts here, so `noscript` is an element as any other.
fn raw_text(name: &str) -> Option<State> {
    Some(match name {
        "title" | "textarea" => State::RawData(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => State::RawData(RawKind::Rawtext),
        "script" => State::RawData(RawKind::ScriptData),
        "plaintext" => State::Plaintext,
        _ => return None,
    })
}

/// Tags that end a drawing or formula which was left open (HTML, section 13.2.6.5).
fn leaves_foreign(name: &str) -> bool {
    matches!(
        name,
        "b" | "blockquote"
            | "body"
            | "br"
            | "center"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "embed"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "hr"
            | "i"
            | "img"
            | "li"
            | "listing"
            | "menu"
            | "meta"
            | "nobr"
            | "ol"
            | "p"
            | "pre"
            | "ruby"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "strike"
            | "sub"
            | "sup"
            | "table"
            | "tt"
            | "u"
            | "ul"
            | "var"
    )
}

/// Whether any tag has more than [`MAX_ATTRIBUTES`], wherever tags may begin: in one pass
/// for all of these places, which differ in nothing but whether a quote is open. It only
/// refuses: where tags do begin, and what they say, is for the tokenizer to tell.
fn has_too_many_attributes(html: &str) -> bool {
    // The most attributes so far: outside of quotes, in double ones, in single ones.
    let (mut bare, mut double, mut single) = (None::<usize>, None::<usize>, None::<usize>);
    let mut previous = b' ';
    for byte in html.bytes() {
        let is_space = byte.is_ascii_whitespace();
        let is_name = !is_space && !b"=>/".contains(&byte);
        let may_begin = previous.is_ascii_whitespace() || b"/\"'".contains(&previous);
        match byte {
            b'"' if previous == b'=' => (bare, double) = (double, bare),
            b'\'' if previous == b'=' => (bare, single) = (single, bare),
            b'"' => bare = bare.max(double.take()),
            b'\'' => bare = bare.max(single.take()),
            b'>' => bare = None,
            _ if previous == b'<' && byte.is_ascii_alphabetic() => bare = bare.or(Some(0)),
            _ => {}
        }
        if is_name && may_begin {
            bare = bare.map(|count| count + 1);
        }
        if bare.is_some_and(|count| count > MAX_ATTRIBUTES) {
            return true;
        }
        // Spaces may stand on both sides of an equals sign.
        if !(is_space && previous == b'=') {
            previous = byte;
        }
    }
    false
}
