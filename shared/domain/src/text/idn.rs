//! Hosts beyond ASCII in the one form in which they are compared.

use std::borrow::Cow;

/// A host as the name service has it (UTS #46): one form, whether its letters beyond ASCII
/// were written as such or encoded. None when it can't be one.
pub(super) fn ascii_host(host: &str) -> Option<Cow<'_, str>> {
    if host.is_ascii() && !host.split('.').any(|label| label.starts_with("xn--")) {
        return Some(Cow::Borrowed(host));
    }
    match idna::domain_to_ascii(host) {
        Ok(ascii) => Some(Cow::Owned(ascii)),
        // Somebody may have registered what encodes nothing; it is compared as it is.
        Err(_) => host.is_ascii().then_some(Cow::Borrowed(host)),
    }
}

/// A host, perhaps with a port, in the one form in which hosts are compared: as browsers
/// send it. What can't be encoded is compared as it is.
pub(super) fn encoded(host_and_port: &str) -> Cow<'_, str> {
    let (host, port) = host_and_port.split_once(':').map_or((host_and_port, None), |(host, port)| (host, Some(port)));
    match (ascii_host(host), port) {
        (None | Some(Cow::Borrowed(_)), _) => Cow::Borrowed(host_and_port),
        (Some(host), None) => Cow::Owned(host.into_owned()),
        (Some(host), Some(port)) => Cow::Owned(format!("{host}:{port}")),
    }
}
