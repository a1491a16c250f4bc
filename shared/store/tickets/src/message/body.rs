//! What a message says and its files, packed: text, HTML and the files as JSON, one after
//! the other, so that the HTML that repeats the text costs next to nothing.

use lambdesk_domain::{
    attachment::Attachment,
    budget::escaped_len,
    html,
    message::{Content, Message},
};
use lambdesk_table::{
    Corrupt, Item,
    item::{Reader, read_document},
    keys,
    packed::{pack, unpack},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The packed body, in the item of the message or in its own.
pub const PACKED: &str = "z";
/// The most bytes of a body that stands in the item of its message as it is.
const PLAIN: usize = 2_000;
/// The most bytes of a packed one that does: with a sender's name beside it, fifty message
/// items are read for 40 units.
const INLINE: usize = 2_000;
/// No body has so many bytes, unpacked: texts of 64 KiB, and the names of twenty files.
const MOST: usize = 512 * 1024;
/// The lengths of text, HTML and files, before them.
const LENGTHS: usize = 12;
/// What stands for the length of HTML that there is none of: it is made from the text.
const NO_HTML: u32 = u32::MAX;
/// What an item has beside the packed bytes: keys, names, the reference again.
const AROUND: usize = 200;

/// What the item of a message tells of its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRef {
    /// Tells it from what the message said before it was changed.
    #[serde(rename = "t")]
    pub tag: String,
    /// About how many bytes of an answer it takes.
    #[serde(rename = "s")]
    pub shown: usize,
    /// How many bytes its own item has; none where it is in the message's.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<usize>,
}

/// A packed body.
pub struct PackedBody {
    pub about: BodyRef,
    pub packed: Vec<u8>,
}

/// Whether the body of a message may have an item of its own, whichever version wrote it.
pub fn may_be_elsewhere(message: &Message) -> bool {
    plain_length(message) > PLAIN
}

fn plain_length(message: &Message) -> usize {
    let (text, html) = message.content.as_stored();
    let files = message.attachments.iter().map(|file| file.length() + 100).sum::<usize>();
    escaped_len(text.as_bytes()) + html.map_or(0, |html| escaped_len(html.as_bytes())) + files
}

impl PackedBody {
    /// The body of a message, where it is long enough to be packed.
    pub fn of(message: &Message) -> Option<Self> {
        if !may_be_elsewhere(message) {
            return None;
        }
        let (text, html) = message.content.as_stored();
        let files = serde_json::to_vec(&message.attachments).ok()?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).ok();
        let lengths =
            [length(text.as_bytes())?, html.map_or(Some(NO_HTML), |html| length(html.as_bytes()))?, length(&files)?];
        let mut bytes: Vec<u8> = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(html.unwrap_or_default().as_bytes());
        bytes.extend_from_slice(&files);
        let packed = pack(&bytes);
        let stored = (packed.len() > INLINE).then_some(packed.len() + AROUND);
        Some(Self { about: BodyRef { tag: tag(&bytes), shown: shown(message), stored }, packed })
    }
}

/// The beginning of a hash, as ids are written.
fn tag(bytes: &[u8]) -> String {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let [first, ..] = hash.as_chunks::<16>().0 else { return String::new() };
    keys::short(Uuid::from_bytes(*first))
}

/// How many bytes the texts of a message take in an answer, escaped twice.
fn shown(message: &Message) -> usize {
    let twice = |text: &str| {
        let escape = |byte: &u8| match byte {
            b'"' | b'\\' => 3,
            0..0x20 => 6,
            _ => 0,
        };
        text.len() + text.bytes().map(|byte| escape(&byte)).sum::<usize>()
    };
    let (text, html) = message.content.as_stored();
    let html = html.map_or_else(|| html::from_text(text), str::to_owned);
    twice(text) + twice(&html) + 2 * message.attachments.iter().map(Attachment::length).sum::<usize>()
}

/// Whether this is the body of a message that tells this of it: not the one of another
/// version of the message.
pub fn is_of(item: &Item, about: &BodyRef) -> bool {
    read_document::<BodyRef>(item).is_ok_and(|read| read.tag == about.tag)
}

/// Reads the packed body of an item: what the message says, and its files.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub fn decode_body(item: &Item) -> Result<(Content, Vec<Attachment>), Corrupt> {
    let bytes = unpack(Reader(item).bytes(PACKED)?, MOST)?;
    parse(&bytes).ok_or(Corrupt(PACKED))
}

fn parse(bytes: &[u8]) -> Option<(Content, Vec<Attachment>)> {
    let (lengths, rest) = bytes.split_at_checked(LENGTHS)?;
    let length = |at: usize| Some(u32::from_le_bytes(lengths.get(at..at + 4)?.try_into().ok()?));
    let (text, html, files) = (length(0)?, length(4)?, length(8)?);
    let (text, rest) = rest.split_at_checked(usize::try_from(text).ok()?)?;
    let html = (html != NO_HTML).then_some(html);
    let (html_bytes, rest) = rest.split_at_checked(usize::try_from(html.unwrap_or_default()).ok()?)?;
    let files = rest.get(..usize::try_from(files).ok()?)?;
    let own = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let html = if html.is_some() { Some(own(html_bytes)?) } else { None };
    Some((Content::stored(own(text)?, html), serde_json::from_slice(files).ok()?))
}
