//! Visitors whom the site's own login knows: what they prove, and what follows.

use crate::channel_access::{ChannelAccess, RequestContext};
use axum::http::StatusCode;
use lambdesk_api::{
    body::Checker,
    problem::Problem,
    visitor::{Identity, InvalidIdentity},
};
use lambdesk_domain::{contact::Requester, directory::Channel, text::Uid};
use sha2::{Digest as _, Sha256};

impl ChannelAccess {
    /// Whom an identity token names. A bad one is refused, so that nobody who
    /// wanted to be known becomes a guest unawares.
    ///
    /// # Errors
    /// 422 `invalid_identity`.
    pub async fn identity(&self, token: &str) -> Result<Identity, Problem> {
        let RequestContext { app, now, .. } = &self.request;
        let workspace = self.directory.workspace.id;
        let verify = |channel: &Channel| Identity::verify(token, &app.sealing, workspace, channel, *now);
        let mut verified = verify(&self.channel);
        // A remembered directory may not know the newest secret yet. What was signed with
        // none of them won't be with the next one, which nobody knows.
        let hash = Sha256::digest(format!("{}.{token}", self.channel.id)).into();
        if verified == Err(InvalidIdentity::Signature) && !app.directories.is_refused(&hash) {
            let channel = app.directories.channel(workspace, self.channel.id).await?;
            verified = verify(&channel.ok_or_else(Problem::not_found)?);
            if verified == Err(InvalidIdentity::Signature) {
                app.directories.refuse(hash);
            }
        }
        verified.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_identity", why.to_string()))
    }
}

/// Puts what was proved where visitors say who they are; that they may repeat, not
/// contradict. An address that was not proved would pass for one that was: none is
/// taken. A name is nobody's key: theirs is taken where the login has none.
pub fn bind(identity: &Identity, requester: &mut Requester, uid: &mut Option<Uid>, checker: &mut Checker) {
    hold("/uid", uid, Some(&identity.uid), checker);
    hold("/from/email", &mut requester.email, identity.email.as_ref(), checker);
    if identity.name.is_some() {
        hold("/from/name", &mut requester.name, identity.name.as_ref(), checker);
    }
}

/// Where the site's login says who somebody is, nobody else does: a guest's uid would pass
/// for one that was proved.
pub fn require_no_uid(said: Option<&Uid>, channel: &Channel, checker: &mut Checker) {
    if said.is_some() && channel.identity_generation > 0 {
        checker.error("/uid", "not_proved", "only visitors whom the site's login knows have one on this channel");
    }
}

fn hold<T: Clone + PartialEq>(pointer: &str, said: &mut Option<T>, proved: Option<&T>, checker: &mut Checker) {
    if said.is_some() && said.as_ref() != proved {
        checker.error(pointer, "not_proved", "must be what the session's identity says, or be left out");
    }
    *said = proved.cloned();
}
