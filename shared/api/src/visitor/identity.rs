//! Who a visitor is, by the word of the site's own login: a signed identity token.
//!
//! A JWT (RFC 7519) that the site's server signs with HS256 and the channel's
//! identity secret. The secret is derived from the sealing key, so none is stored.

use crate::seal::SealingKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::{
    directory::Channel,
    id::{ChannelId, WorkspaceId},
    text::{EmailAddress, Name, Uid},
    time::Timestamp,
};
use ring::hmac;
use serde::{Deserialize, Serialize, de::IgnoredAny};

const PURPOSE: &str = "identity-secret";
const PREFIX: &str = "cs_";
/// The longest token that is looked at, in characters.
const MAX_TEXT: usize = 4096;
/// How far in the future a token may expire, in seconds.
const LONGEST_LIFE: u64 = 3600;
/// How much the site's clock may differ from ours, in seconds.
const LEEWAY: u64 = 60;

/// What a channel's site signs identity tokens with: `cs_` and 43 characters of
/// base64url. The key of the HMAC is this text, as JWT libraries take it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentitySecret(String);

impl IdentitySecret {
    /// A channel's secret as it is now; none before the first was asked for.
    #[must_use]
    pub fn of(sealing: &SealingKey, workspace: WorkspaceId, channel: &Channel) -> Option<Self> {
        Self::all(sealing, workspace, channel).next()
    }

    /// By the sealing key, then by the one before it: a rotation of that key must
    /// not lock every site out at once.
    fn all<'a>(
        sealing: &'a SealingKey,
        workspace: WorkspaceId,
        channel: &Channel,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let generation = channel.identity_generation.to_be_bytes();
        let (workspace, id) = (workspace.uuid(), channel.id.uuid());
        let parts = [workspace.as_bytes().as_slice(), id.as_bytes(), &generation];
        let macs = (channel.identity_generation > 0).then(|| sealing.macs(PURPOSE, &parts));
        macs.into_iter().flatten().map(|mac| Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(mac))))
    }

    /// Its text: a secret, to be answered once and never logged.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What the site's login says of a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The site's own id for them: the claim `sub`.
    #[serde(rename = "sub")]
    pub uid: Uid,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// Why a token proves nothing. Holds nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// Not three parts of base64url, or too long.
    #[error("the identity must be a JWT of at most {MAX_TEXT} characters")]
    Form,
    /// Another algorithm than HS256, or extensions that must be understood.
    #[error("the identity must be signed with HS256, without critical extensions")]
    Algorithm,
    /// Not signed with this channel's secret as it is now.
    #[error("the identity is not signed with this channel's identity secret")]
    Signature,
    /// Claims that are missing or bad.
    #[error(
        "the identity must have sub (1 to 254 characters) and exp, and email and name be good ones where they are \
         given; exp, nbf and iat are whole seconds"
    )]
    Claims,
    /// Meant for somebody else.
    #[error("the identity's aud is not this channel's id")]
    Audience,
    /// Over.
    #[error("the identity has expired")]
    Expired,
    /// Good for too long.
    #[error("the identity must expire within an hour")]
    LivesTooLong,
    /// Not good yet.
    #[error("the identity is from the future")]
    TooEarly,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
    nbf: Option<u64>,
    iat: Option<u64>,
    aud: Option<Audience>,
    #[serde(flatten)]
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, channel: ChannelId) -> bool {
        let channel = channel.to_string();
        match self {
            Self::One(one) => *one == channel,
            Self::Several(several) => several.contains(&channel),
        }
    }
}

impl Claims {
    /// RFC 7519, sections 4.1.3 to 4.1.6; that `exp` must be there and near is our own rule.
    fn hold(&self, channel: ChannelId, now: Timestamp) -> Result<(), InvalidIdentity> {
        let now = now.seconds();
        if self.aud.as_ref().is_some_and(|aud| !aud.names(channel)) {
            return Err(InvalidIdentity::Audience);
        }
        if self.exp.saturating_add(LEEWAY) <= now {
            return Err(InvalidIdentity::Expired);
        }
        if self.exp > now.saturating_add(LONGEST_LIFE + LEEWAY) {
            return Err(InvalidIdentity::LivesTooLong);
        }
        let is_early = [self.nbf, self.iat].into_iter().flatten().any(|from| from > now.saturating_add(LEEWAY));
        if is_early { Err(InvalidIdentity::TooEarly) } else { Ok(()) }
    }
}

impl Identity {
    /// Reads and verifies a token. Nothing of the claims is read before the
    /// signature is known to be good; that takes the same time wherever it differs.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(
        token: &str,
        sealing: &SealingKey,
        workspace: WorkspaceId,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<Self, InvalidIdentity> {
        let signed = Signed::read(token)?;
        let is_ours = |secret: IdentitySecret| signed.is_signed_with(secret.expose().as_bytes());
        if !IdentitySecret::all(sealing, workspace, channel).any(is_ours) {
            return Err(InvalidIdentity::Signature);
        }
        let claims: Claims = serde_json::from_slice(&signed.claims).map_err(|_| InvalidIdentity::Claims)?;
        claims.hold(channel.id, now)?;
        Ok(claims.identity)
    }
}

/// A token taken apart (RFC 7515, section 3.1), its signature not yet looked at.
struct Signed<'a> {
    input: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    fn read(token: &'a str) -> Result<Self, InvalidIdentity> {
        if token.len() > MAX_TEXT {
            return Err(InvalidIdentity::Form);
        }
        let (input, signature) = token.rsplit_once('.').ok_or(InvalidIdentity::Form)?;
        let (header, claims) = input.split_once('.').ok_or(InvalidIdentity::Form)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidIdentity::Form);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| InvalidIdentity::Form)?;
        if header.alg != "HS256" || header.crit.is_some() {
            return Err(InvalidIdentity::Algorithm);
        }
        Ok(Self { input, claims: decode(claims)?, signature: decode(signature)? })
    }

    fn is_signed_with(&self, key: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, self.input.as_bytes(), &self.signature).is_ok()
    }
}

#[cfg(test)]
mod tests;
