//! Visitors whom the site's own login knows: what they prove, and what follows.

use crate::channel_access::{ChannelAccess, RequestContext};
use axum::http::StatusCode;
use lambdesk_api::{
    body::Checker,
    problem::Problem,
    visitor::{Identity, InvalidIdentity},
};
use lambdesk_domain::{contact::Requester, directory::Channel, text::Uid};

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
        // A remembered directory may not know the newest secret yet.
        if verified == Err(InvalidIdentity::Signature) {
            let fresh = app.directories.fresh_directory(workspace).await?;
            let channel = fresh.as_ref().and_then(|fresh| fresh.channels.get(&self.channel.id));
            verified = verify(channel.ok_or_else(Problem::not_found)?);
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

fn hold<T: Clone + PartialEq>(pointer: &str, said: &mut Option<T>, proved: Option<&T>, checker: &mut Checker) {
    if said.is_some() && said.as_ref() != proved {
        checker.error(pointer, "not_proved", "must be what the session's identity says, or be left out");
    }
    *said = proved.cloned();
}
