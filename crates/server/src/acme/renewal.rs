//! When the certificate authority wants its certificates renewed (RFC 9773).

use instant_acme::{Account, CertificateIdentifier, Error};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use uuid::Uuid;

use super::progress::{Issued, RenewalSource, Schedule};
use super::schedule::{by_authority, by_lifetime};

/// What is kept of a certificate that was issued; nothing when it cannot be read.
pub(crate) fn issued(leaf: &CertificateDer<'_>, fingerprint: String) -> Option<Issued> {
    let summary = countersign_trust::summarise(leaf);
    Some(Issued {
        fingerprint,
        authority_id: CertificateIdentifier::try_from(leaf).ok().map(|id| id.to_string()),
        not_before: summary.not_before,
        not_after: summary.not_after,
    })
    .filter(|issued| issued.not_before < issued.not_after)
}

/// When to renew a certificate, by the authority or by its lifetime. What was chosen at random before stays, as long as it fits.
pub(super) async fn schedule(
    account: &Account,
    issued: &Issued,
    before: Option<Schedule>,
    now: OffsetDateTime,
) -> Schedule {
    let Some(id) = issued.authority_id.as_deref().and_then(identifier) else {
        return by_lifetime(issued, now);
    };
    match account.renewal_info(&id).await {
        Ok((info, ask_again_in)) => {
            let window = &info.suggested_window;
            let found = by_authority(issued, window, ask_again_in, at_random(), now);
            let stays = before.filter(|before| {
                before.source == RenewalSource::Authority
                    && (window.start..=window.end).contains(&before.renew_at)
            });
            match (found, stays) {
                (Some(found), Some(stays)) => Schedule { renew_at: stays.renew_at, ..found },
                (Some(found), None) => found,
                (None, _) => by_lifetime(issued, now),
            }
        }
        Err(Error::Unsupported(_)) => by_lifetime(issued, now),
        Err(error) => {
            tracing::warn!(%error, "the certificate authority does not say when to renew the certificate");
            let fallback = by_lifetime(issued, now);
            // What it said before still counts.
            before.map_or(fallback, |before| Schedule { ask_again_at: fallback.ask_again_at, ..before })
        }
    }
}

fn identifier(text: &str) -> Option<CertificateIdentifier<'static>> {
    let (authority, serial) = text.split_once('.')?;
    Some(CertificateIdentifier {
        authority_key_identifier: authority.to_owned().into(),
        serial: serial.to_owned().into(),
    })
}

/// From 0 to 1. The identifier ends in random bits.
fn at_random() -> f64 {
    let drawn = Uuid::now_v7();
    let (_, _, _, random) = drawn.as_fields();
    let [.., a, b, c, d] = *random;
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use axum::body::Bytes;
    use axum::http::{Request, Response};
    use http_body_util::Full;
    use instant_acme::{BodyWrapper, BytesResponse, HttpClient, Key};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const BEGIN: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

    /// An authority that answers with these texts: its directory, and what it says about renewing.
    struct Authority {
        directory: &'static str,
        renewal: Option<&'static str>,
    }

    impl HttpClient for Authority {
        fn request(
            &self,
            request: Request<BodyWrapper<Bytes>>,
        ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
            let path = request.uri().path().to_owned();
            let (status, body) = match (path.as_str(), self.renewal) {
                ("/directory", _) => (200, self.directory),
                ("/renewal/aQ.AQ", Some(renewal)) => (200, renewal),
                _ => (500, "{\"type\": \"about:blank\", \"status\": 500}"),
            };
            let response = Response::builder().status(status).header("Retry-After", "21600");
            let response = response.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap();
            Box::pin(async move { Ok(BytesResponse::from(response)) })
        }
    }

    const PLAIN: &str =
        r#"{"newNonce": "https://a/n", "newAccount": "https://a/a", "newOrder": "https://a/o"}"#;
    const TELLING: &str = r#"{"newNonce": "https://a/n", "newAccount": "https://a/a", "newOrder": "https://a/o",
        "renewalInfo": "https://a/renewal"}"#;
    const WINDOW: &str =
        r#"{"suggestedWindow": {"start": "2026-06-11T00:00:00Z", "end": "2026-06-12T00:00:00Z"}}"#;

    async fn account(directory: &'static str, renewal: Option<&'static str>) -> Account {
        let (_, key) = Key::generate_pkcs8().unwrap();
        let builder = Account::builder_with_http(Box::new(Authority { directory, renewal }));
        builder.from_parts("https://a/1".to_owned(), key, "https://a/directory".to_owned()).await.unwrap()
    }

    #[tokio::test]
    async fn the_authority_says_when_to_renew_if_it_can() {
        let issued = Issued {
            fingerprint: String::new(),
            authority_id: Some("aQ.AQ".to_owned()),
            not_before: BEGIN,
            not_after: BEGIN + Duration::days(90),
        };
        let told = schedule(&account(TELLING, Some(WINDOW)).await, &issued, None, BEGIN).await;
        assert_eq!(told.source, RenewalSource::Authority);
        assert!(
            (BEGIN + Duration::days(10)..=BEGIN + Duration::days(11)).contains(&told.renew_at),
            "{told:?}"
        );
        // The library counts from the clock of the computer.
        let early = BEGIN + Duration::hours(6) - told.ask_again_at;
        assert!(early.abs() < Duration::minutes(1), "{told:?}");
        // The moment is not drawn again as long as it fits.
        let again = schedule(&account(TELLING, Some(WINDOW)).await, &issued, Some(told), BEGIN).await;
        assert_eq!(again.renew_at, told.renew_at);
        // An authority that fails leaves what it said before; one that says nothing, the lifetime.
        let failing = schedule(&account(TELLING, None).await, &issued, Some(told), BEGIN).await;
        assert_eq!((failing.renew_at, failing.source), (told.renew_at, RenewalSource::Authority));
        for (directory, renewal, issued) in [
            (PLAIN, Some(WINDOW), issued.clone()),
            (TELLING, None, issued.clone()),
            (TELLING, Some(WINDOW), Issued { authority_id: None, ..issued.clone() }),
        ] {
            let fallback = schedule(&account(directory, renewal).await, &issued, None, BEGIN).await;
            assert_eq!(fallback.renew_at, BEGIN + Duration::days(60), "{directory}");
            assert_eq!(fallback.source, RenewalSource::Lifetime);
        }
    }
}
