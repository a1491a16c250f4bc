//! Parsed pieces of text: whoever holds one knows that it fits.

mod file;
mod form;
mod host;
mod idn;
mod lines;
mod preview;
mod shown;

pub(crate) use form::several_lines;
pub use {
    file::MAX_FILE_NAME,
    form::InvalidText,
    lines::{is_line_end, printable_lines},
    preview::Preview,
    shown::is_blank,
};

use form::{Form, Keyword, one_line};
use idn::{ascii_host, encoded};
use serde::{Deserialize, Serialize};
use shown::{as_it_is_written, as_it_looks, is_invisible};
use std::{fmt, str::FromStr};
use unicode_normalization::UnicodeNormalization as _;

/// What stands where personal text was that can't be empty.
pub const ERASED: &str = "[erased]";

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $form:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(transform = Self::tell)]
        pub struct $name(String);

        impl $name {
            const FORM: Form = $form;

            fn tell(schema: &mut schemars::Schema) {
                Self::FORM.tell(schema);
            }

            /// As it was stored: it was one then, by the form of that time, so it is not
            /// looked through again.
            #[must_use]
            pub const fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                Self::FORM.parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::parsed::parsed(from)
            }
        }
    )*};
}

texts! {
    /// A ticket's subject: one line of 1 to 255 characters.
    Subject = Form::Line(255);
    /// A person's or thing's name: one line of 1 to 200 characters, composed (Unicode
    /// NFC), so that what looks the same is the same.
    Name = Form::own(name, &[("minLength", Keyword::Number(1)), ("maxLength", Keyword::Number(NAME))]);
    /// A phone number as it was given: one line of 1 to 40 characters.
    Phone = Form::Line(40);
    /// The name of an end user in somebody else's system: 1 to 254 characters.
    Uid = Form::Id(254);
    /// An id in somebody else's system: 1 to 254 characters.
    ExternalId = Form::Id(254);
    /// A URL shown to people, `https` only: up to 2,048 characters.
    WebLink = Form::own(web_link, &[("pattern", Keyword::Text("^https://")), ("maxLength", Keyword::Number(LINK))]);
    /// An IANA time zone name such as `Europe/Brussels`: up to 64 characters of its form.
    /// Whether there is such a zone is not asked: zones come and go.
    TimeZoneName = Form::own(time_zone, &[("pattern", Keyword::Text(ZONE)), ("maxLength", Keyword::Number(64))]);
    /// A summary of a conversation: 1 to 2,000 characters, several lines.
    Summary = Form::Lines(2_000);
    /// A color as `#rrggbb`, lower case.
    Color = Form::own(color, &[("pattern", Keyword::Text("^#[0-9A-Fa-f]{6}$"))]);
    /// An e-mail address, trimmed, composed (Unicode NFC) and in lower case, so that it
    /// can be compared.
    EmailAddress = Form::own(email, &[("format", Keyword::Text("idn-email")), ("maxLength", Keyword::Number(ADDRESS))]);
    /// A host that a channel may be embedded on: `example.com`, `*.example.com`, `localhost:5173`.
    HostPattern = Form::own(host_pattern, &[("minLength", Keyword::Number(1)), ("maxLength", Keyword::Number(HOST))]);
    /// The key of a custom field: 1 to 40 of `a-z`, `0-9` and `_`, beginning with a letter.
    FieldKey = Form::own(field_key, &[("pattern", Keyword::Text("^[a-z][a-z0-9_]{0,39}$"))]);
    /// An ISO 4217 currency code.
    Currency = Form::own(currency, &[("pattern", Keyword::Text("^[A-Z]{3}$"))]);
    /// What kind of business object an account is: `debt_account`, `project`,
    /// `client` or any other word of 1 to 64 of `a-z`, `0-9` and `_`.
    AccountKind = Form::own(account_kind, &[("pattern", Keyword::Text("^[a-z][a-z0-9_]{0,63}$"))]);
    /// The name of a file without folders: 1 to 255 characters.
    FileName = Form::own(file::name, &[("minLength", Keyword::Number(1))]);
    /// A media type without parameters, such as `image/png`.
    MediaType = Form::own(file::media_type, &[("pattern", Keyword::Text(MEDIA_TYPE))]);
}

/// How names are compared: as they look, trimmed, in lower case, composed (Unicode NFC).
/// Composed last, because lower case may be decomposed; so that folding twice changes
/// nothing.
#[must_use]
pub fn folded(text: &str) -> String {
    as_it_looks(text).trim().to_lowercase().nfc().collect()
}

fn name(text: &str) -> Result<String, InvalidText> {
    one_line(&as_it_is_written(text).nfc().collect::<String>(), NAME)
}

/// Words with a letter first, and slashes between them (the file names of the IANA
/// database's `theory.html`).
fn time_zone(text: &str) -> Result<String, InvalidText> {
    let zone = one_line(text, 64)?;
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    if zone.split('/').all(is_word) { Ok(zone) } else { Err(InvalidText::Form("a time zone such as Europe/Brussels")) }
}

fn web_link(text: &str) -> Result<String, InvalidText> {
    let link = one_line(text, LINK)?;
    let host = link.strip_prefix("https://").unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || link.contains(|c: char| " \"<>".contains(c) || is_invisible(c)) {
        return Err(InvalidText::Form("an https URL"));
    }
    Ok(link)
}

fn color(text: &str) -> Result<String, InvalidText> {
    let color = text.trim().to_ascii_lowercase();
    let digits = color.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(color)
    } else {
        Err(InvalidText::Form("a color as #rrggbb"))
    }
}

fn currency(text: &str) -> Result<String, InvalidText> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(InvalidText::Form("a three-letter currency code"))
    }
}

/// The practical subset of RFC 5321: one `@`, a local part of up to 64, a dotted
/// or single-label domain, at most 254 characters, no white space or quoting.
fn email(text: &str) -> Result<String, InvalidText> {
    const FORM: InvalidText = InvalidText::Form("an e-mail address");
    // Lower case first: it can be longer, and what is stored must read back.
    let address = one_line(&folded(text), ADDRESS)?;
    let (local, domain) = address.rsplit_once('@').ok_or(FORM)?;
    let domain = ascii_host(domain).ok_or(FORM)?;
    let address = one_line(&format!("{local}@{domain}"), ADDRESS)?;
    let local_fits =
        (1..=64).contains(&local.len()) && !local.contains(|c: char| c.is_whitespace() || "@<>()[],;:\\\"".contains(c));
    if local_fits && is_host(&domain) { Ok(address) } else { Err(FORM) }
}

/// Labels of letters, digits and inner hyphens (RFC 1123; letters beyond ASCII are
/// let through for internationalised names).
fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

fn host_pattern(text: &str) -> Result<String, InvalidText> {
    const FORM: InvalidText = InvalidText::Form("a host such as example.com, *.example.com or localhost:5173");
    let pattern = text.trim().to_lowercase();
    let (host, port) = pattern.split_once(':').unwrap_or((&pattern, "80"));
    let name = host.strip_prefix("*.").unwrap_or(host);
    if !is_host(name) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(FORM);
    }
    // The star is no host's: the name service would refuse it.
    let star = if name.len() < host.len() { "*." } else { "" };
    let rest = pattern.strip_prefix(star).unwrap_or(&pattern);
    let encoded = format!("{star}{}", encoded(rest));
    if encoded.len() <= HOST { Ok(encoded) } else { Err(FORM) }
}

fn account_kind(text: &str) -> Result<String, InvalidText> {
    if is_word(text, 64) {
        Ok(text.to_owned())
    } else {
        Err(InvalidText::Form("1 to 64 of a-z, 0-9 and _, beginning with a letter"))
    }
}

fn is_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn field_key(text: &str) -> Result<String, InvalidText> {
    if is_word(text, 40) {
        Ok(text.to_owned())
    } else {
        Err(InvalidText::Form("1 to 40 of a-z, 0-9 and _, beginning with a letter"))
    }
}

/// What `file::media_type` takes, as a pattern.
const MEDIA_TYPE: &str = "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$";
/// What `time_zone` takes, as a pattern.
const ZONE: &str = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$";
/// How many characters a name has at most.
const NAME: usize = 200;
/// How many characters a link has at most.
const LINK: usize = 2_048;
/// How many characters an e-mail address has at most (RFC 5321, section 4.5.3.1.3).
const ADDRESS: usize = 254;
/// How many characters a host with its star and port has at most.
const HOST: usize = 253 + "*.".len() + ":65535".len();

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_parses_reads_back_the_same(text in ".{0,300}") {
            if let Ok(subject) = text.parse::<Subject>() {
                prop_assert_eq!(subject.as_str().parse(), Ok(subject.clone()));
            }
        }

        #[test]
        fn an_address_that_parses_reads_back_the_same(text in "[a-zA-Zİß.é\u{301}\u{307}\u{323}]{1,40}@[A-Za-zİ0-9-]{1,20}(\\.[A-Za-z]{1,63}){0,4}") {
            if let Ok(email) = text.parse::<EmailAddress>() {
                prop_assert_eq!(email.as_str().parse(), Ok(email.clone()));
            }
        }
    }

    #[test]
    fn a_subject_has_at_most_255_characters_not_bytes() {
        assert!("é".repeat(255).parse::<Subject>().is_ok());
        assert_eq!("é".repeat(256).parse::<Subject>(), Err(InvalidText::TooLong(255)));
        assert_eq!("  ".parse::<Subject>(), Err(InvalidText::Empty));
        assert_eq!("a\nb".parse::<Subject>(), Err(InvalidText::Control));
    }

    #[test]
    fn email_addresses_compare_without_case() {
        assert_eq!(" Ada@Example.COM ".parse::<EmailAddress>().expect("valid").as_str(), "ada@example.com");
        // In lower case each of these letters is two characters: 254 become 275.
        let grows =
            format!("{}@{}.{}.{}.{}", "İ".repeat(21), "b".repeat(63), "b".repeat(63), "b".repeat(63), "b".repeat(40));
        assert_eq!(grows.parse::<EmailAddress>(), Err(InvalidText::TooLong(254)));
        for bad in ["", "a", "a@", "@b.c", "a b@c.d", "a@b..c", "<a@b.c>", "a@-b.c"] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_looks_the_same_is_the_same_name_and_address() {
        let (composed, decomposed) = ("Caf\u{e9}", "Cafe\u{301}");
        assert_eq!(decomposed.parse::<Name>(), composed.parse());
        let [one, other] = [composed, decomposed].map(|local| format!("{local}@example.com").parse::<EmailAddress>());
        assert_eq!(one.expect("valid"), other.expect("valid"));
        assert_eq!(folded(" CAFE\u{301} "), folded(composed));
        // An id is somebody else's: it stays byte by byte.
        assert_ne!(decomposed.parse::<ExternalId>(), composed.parse());
    }

    #[test]
    fn what_nobody_sees_makes_no_other_name_or_address() {
        for same in ["vip\u{200b}", "\u{feff}vip", "v\u{ad}ip", "\u{202e}vip", "v\u{2066}ip\u{e0041}", "vip\u{2800}"] {
            assert_eq!(same.parse::<Name>(), "vip".parse(), "{same:?}");
            assert_eq!(folded(same), "vip");
            assert_eq!(format!("{same}@example.com").parse::<EmailAddress>().is_ok(), !same.contains('\u{2800}'));
        }
        assert_eq!("red\u{a0} hot".parse::<Name>(), "red hot".parse());
        assert_eq!("\u{200b}a@ex\u{ad}ample.com\u{feff}".parse::<EmailAddress>(), "a@example.com".parse());
        assert_eq!("a\u{202e}b".parse::<Subject>(), "ab".parse());
        assert_eq!("a\u{2028}b".parse::<Subject>(), Err(InvalidText::Control));
        assert_eq!("\u{202a}+32 2\u{202c}".parse::<Phone>(), "+32 2".parse());
        assert_eq!("a\rb\u{85}c".parse::<Summary>(), "a\nb\nc".parse());
        assert!("https://a.example/\u{202e}x".parse::<WebLink>().is_err());
    }

    #[test]
    fn a_host_is_the_same_in_letters_and_encoded() {
        let address = |text: &str| text.parse::<EmailAddress>().map(|address| address.to_string());
        let encoded = Ok("user@xn--mnchen-3ya.example".to_owned());
        for same in [
            "user@münchen.example",
            "USER@MÜNCHEN.example",
            "user@mu\u{308}nchen.example",
            "user@XN--MNCHEN-3YA.example",
            "user@münchen\u{3002}example",
        ] {
            assert_eq!(address(same), encoded, "{same}");
        }
        assert_eq!(address("a@xn--a.example"), Ok("a@xn--a.example".to_owned()));
        assert_eq!(address("a_b@example.com"), Ok("a_b@example.com".to_owned()));
        assert!(address("a@exa\u{fffd}mple.com").is_err());
    }

    #[test]
    fn a_time_zone_has_the_form_of_one() {
        for zone in ["UTC", "Europe/Brussels", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"]
        {
            assert!(zone.parse::<TimeZoneName>().is_ok(), "{zone}");
        }
        for bad in ["", "Mars Base!", "Europe/", "/UTC", "+02:00", "../etc", "Europe//Paris"] {
            assert!(bad.parse::<TimeZoneName>().is_err(), "{bad}");
        }
    }
}
