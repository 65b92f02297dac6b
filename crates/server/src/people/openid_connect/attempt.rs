//! One attempt to sign in at a provider, as the browser keeps it: only where it began does it come to an end.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_protocol::Secret;
use time::{Duration, OffsetDateTime};

use crate::store::StoreError;
use crate::store::tokens::generate;

/// The longest address of a page to go to afterwards, in bytes: a cookie has no room for more.
const LONGEST_NEXT: usize = 1500;

/// A random value, from which everything follows that must be the same at the end as at the beginning. What the provider is told
/// does not tell the value itself.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    secret: Secret,
    /// Seconds since 1970.
    begun_at: i64,
    next: String,
}

impl Attempt {
    /// How long somebody may take to sign in at the provider.
    pub(crate) const LASTS: Duration = Duration::minutes(10);

    /// Begins one, which leads to a page of the console.
    pub(crate) fn begin(next: &str, now: OffsetDateTime) -> Result<Self, StoreError> {
        let next = if next.len() <= LONGEST_NEXT { next } else { "/" };
        Ok(Self { secret: generate()?, begun_at: now.unix_timestamp(), next: next.to_owned() })
    }

    /// As the cookie keeps it.
    pub(crate) fn to_keep(&self) -> Secret {
        let next = URL_SAFE_NO_PAD.encode(&self.next);
        Secret::new(format!("{}.{}.{next}", self.secret.expose(), self.begun_at))
    }

    /// From the cookie; none when it is none of ours, or too old.
    pub(crate) fn from_kept(kept: &str, now: OffsetDateTime) -> Option<Self> {
        let mut parts = kept.split('.');
        let (secret, begun_at, next) = (parts.next()?, parts.next()?, parts.next()?);
        let begun_at: i64 = begun_at.parse().ok()?;
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
        // The clocks of several servers are not quite the same.
        let age = now.unix_timestamp().checked_sub(begun_at)?;
        let lasts = (-60..Self::LASTS.whole_seconds()).contains(&age);
        (lasts && !secret.is_empty()).then(|| Self { secret: Secret::new(secret.to_owned()), begun_at, next })
    }

    /// What comes back with the answer of the provider.
    pub(crate) fn state(&self) -> String {
        self.derive("state")
    }

    /// What stands in the ID token.
    pub(crate) fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// With what the code is redeemed (RFC 7636).
    pub(crate) fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// Whether an answer is that to this attempt.
    pub(crate) fn has_state(&self, state: &str) -> bool {
        verify_slices_are_equal(self.state().as_bytes(), state.as_bytes()).is_ok()
    }

    /// The page to go to.
    pub(crate) fn next(&self) -> &str {
        &self.next
    }

    fn derive(&self, purpose: &str) -> String {
        let mut context = Context::new(&SHA256);
        context.update(purpose.as_bytes());
        context.update(b"\0");
        context.update(self.secret.expose().as_bytes());
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_kept_for_its_time() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let begun = Attempt::begin("/endpoints?search=ä.b", now).unwrap();
        let kept = begun.to_keep();
        let found = Attempt::from_kept(kept.expose(), now + Duration::minutes(9)).unwrap();
        assert_eq!(found.next(), "/endpoints?search=ä.b");
        assert!(found.has_state(&begun.state()) && !found.has_state(&begun.nonce()));
        assert_eq!((found.nonce(), found.verifier()), (begun.nonce(), begun.verifier()));
        // RFC 7636 wants 43 characters at least.
        assert_eq!(found.verifier().len(), 43);
        let shown = [begun.state(), begun.nonce(), begun.verifier(), format!("{begun:?}")];
        let secret = kept.expose().split('.').next().unwrap();
        assert!(shown.iter().all(|text| !text.contains(secret)));
        for (kept, at) in [
            (kept.expose(), now + Duration::minutes(10)),
            (kept.expose(), now - Duration::minutes(2)),
            ("", now),
            ("a.b.c", now),
            (".1.Lw", now),
            ("a.-9223372036854775808.Lw", now),
            ("a.9223372036854775807.Lw", now),
        ] {
            assert!(Attempt::from_kept(kept, at).is_none(), "{kept:?} {at}");
        }
        let other = Attempt::begin("/", now).unwrap();
        assert!(!other.has_state(&begun.state()));
        assert_eq!(Attempt::begin(&"/a".repeat(1000), now).unwrap().next(), "/");
    }
}
