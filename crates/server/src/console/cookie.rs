//! Cookies. The prefix `__Host-` (RFC 6265bis, section 4.1.3) ties them to this host, to HTTPS and to all paths.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_protocol::Secret;

use super::frame::Notice;
use crate::people::Attempt;

/// What shows who is signed in.
const SESSION: &str = "__Host-countersign";
/// What ties an attempt to sign in elsewhere to this browser.
const ATTEMPT: &str = "__Host-countersign-sign-in";
/// What the next page shall say.
const NOTICES: &str = "__Host-countersign-notices";
/// Browsers take no longer cookies than 4096 bytes with their name and attributes.
const LONGEST: usize = 3500;

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

fn set(headers: &mut HeaderMap, name: &str, value: &str, seconds: i64) {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// What a browser shows for who is signed in.
pub(super) fn session(headers: &HeaderMap) -> Option<Secret> {
    find(headers, SESSION).filter(|value| !value.is_empty()).map(|value| Secret::new(value.to_owned()))
}

/// Lets the browser show who is signed in, until it is closed.
pub(super) fn set_session(headers: &mut HeaderMap, token: &Secret, seconds: i64) {
    set(headers, SESSION, token.expose(), seconds);
}

/// Lets the browser forget who was signed in.
pub(super) fn clear_session(headers: &mut HeaderMap) {
    set(headers, SESSION, "", 0);
}

/// The attempt to sign in elsewhere that began in this browser.
pub(super) fn attempt(headers: &HeaderMap) -> Option<&str> {
    find(headers, ATTEMPT)
}

/// Lets the browser keep an attempt as long as it lasts.
pub(super) fn set_attempt(headers: &mut HeaderMap, attempt: &Attempt) {
    set(headers, ATTEMPT, attempt.to_keep().expose(), Attempt::LASTS.whole_seconds());
}

/// Lets the browser forget the attempt.
pub(super) fn clear_attempt(headers: &mut HeaderMap) {
    set(headers, ATTEMPT, "", 0);
}

/// What this page shall say. Whoever makes such a cookie up tells it to nobody but themselves.
pub(super) fn notices(headers: &HeaderMap) -> Vec<Notice> {
    find(headers, NOTICES)
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}

/// Lets the next page say something. What is too long is cut.
pub(super) fn set_notices(headers: &mut HeaderMap, mut notices: Vec<Notice>) {
    loop {
        let text = serde_json::to_vec(&notices).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default();
        if text.len() <= LONGEST {
            set(headers, NOTICES, &text, 60);
            return;
        }
        notices.pop();
    }
}

/// It was said.
pub(super) fn clear_notices(headers: &mut HeaderMap) {
    set(headers, NOTICES, "", 0);
}

#[cfg(test)]
mod tests {
    use super::super::frame::NoticeKind;
    use super::*;

    #[test]
    fn what_is_set_is_read() {
        let mut headers = HeaderMap::new();
        let notice = |text: &str| Notice { kind: NoticeKind::Warning, text: text.to_owned() };
        set_notices(&mut headers, vec![notice("ä; b"), notice(&"x".repeat(5000))]);
        let set = headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.ends_with("; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let request = format!("other=1; {}; __Host-countersign=abc", set.split(';').next().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, request.parse().unwrap());
        assert_eq!(notices(&headers), [notice("ä; b")]);
        assert_eq!(session(&headers).unwrap().expose(), "abc");
        headers
            .insert(header::COOKIE, "__Host-countersign-notices=%%%; __Host-countersign=".parse().unwrap());
        assert!(notices(&headers).is_empty() && session(&headers).is_none());
    }
}
