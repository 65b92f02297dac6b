//! A certificate that a person allowed for a server although it is not valid.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::announced::AnnouncedCertificate;
use crate::assessment::Assessment;
use crate::fingerprint::Fingerprint;
use crate::problem_kind::ProblemKind;
use crate::read::{subject_public_key_info, summarise};
use crate::remember::{RememberFor, RememberLimit, RememberOptions};
use crate::server_address::ServerAddress;
use crate::text::limited;

/// Names are cut to so many characters.
const MAXIMUM_NAME_CHARACTERS: usize = 120;

/// What is kept of an answer *Allow*.
///
/// Holds for exactly this server (host and port), this certificate and these kinds of problem. Small on purpose:
/// some keychains hold 2,560 bytes an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RememberedCertificate {
    /// The server for which it was allowed.
    pub server: ServerAddress,
    /// The certificate that was allowed.
    pub fingerprint: Fingerprint,
    /// The kinds of problem that it had then.
    pub accepted: BTreeSet<ProblemKind>,
    /// When it was allowed.
    #[serde(with = "time::serde::rfc3339")]
    pub remembered_at: OffsetDateTime,
    /// To whom it was issued; cut to 120 characters.
    pub subject: String,
    /// Who issued it; cut to 120 characters.
    pub issuer: String,
    /// From when on it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// SHA-256 of its public key, to tell a renewal with the same key.
    pub public_key_fingerprint: Fingerprint,
    /// When the permission ends by itself; absent when it holds until the certificate changes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// For how long the person allowed it. Earlier versions did not keep it, and nothing else than an answer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<RememberFor>,
    /// Who allowed it.
    #[serde(default)]
    pub origin: PermissionOrigin,
    /// What is let through in its place, because the server announced it: at most [`crate::MAXIMUM_ANNOUNCED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announced: Vec<AnnouncedCertificate>,
}

/// Who allowed a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionOrigin {
    /// The person at the desk.
    #[default]
    Person,
    /// The server announced it, in the place of one that was allowed.
    Announcement,
    /// Nobody: the endpoint profile let it through when the server announced another one.
    Profile,
    /// A recovery file, signed with the server's identity key.
    RecoveryFile,
}

/// When a permission was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// Since the app was started.
    InThisSession,
    /// Before; it comes out of the keychain.
    Earlier,
}

impl RememberedCertificate {
    /// What is to be remembered of an assessment that a person has allowed at `at`. While the certificate had not
    /// expired by then, the permission ends with it.
    ///
    /// Nothing when the certificate is valid (there is nothing to remember), revoked (nobody can allow it), missing
    /// or unreadable.
    #[must_use]
    pub fn of(assessment: &Assessment, remember_for: RememberFor, at: OffsetDateTime) -> Option<Self> {
        let accepted = assessment.kinds();
        if accepted.is_empty() || accepted.contains(&ProblemKind::Revoked) {
            return None;
        }
        let certificate = assessment.certificate.as_ref()?;
        let remembered = Self {
            server: assessment.server.clone(),
            fingerprint: assessment.fingerprint?,
            accepted,
            remembered_at: at,
            subject: limited(&certificate.subject, MAXIMUM_NAME_CHARACTERS),
            issuer: limited(&certificate.issuer, MAXIMUM_NAME_CHARACTERS),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            public_key_fingerprint: certificate.public_key_fingerprint,
            until: match remember_for {
                RememberFor::UntilChanged | RememberFor::Session => None,
                RememberFor::Days(days) => Some(days_after(at, days)),
            },
            chosen: Some(remember_for),
            origin: PermissionOrigin::Person,
            announced: Vec::new(),
        };
        Some(remembered.until_it_expires())
    }

    /// What a recovery file allows: this certificate for this server, with these kinds of problem, until a moment. Nothing when
    /// the certificate cannot be read, or no kind of problem is left that somebody can accept.
    #[must_use]
    pub fn by_recovery_file(
        server: ServerAddress,
        certificate: &[u8],
        mut accepted: BTreeSet<ProblemKind>,
        until: OffsetDateTime,
        at: OffsetDateTime,
    ) -> Option<Self> {
        accepted.remove(&ProblemKind::Revoked);
        let der = CertificateDer::from(certificate);
        subject_public_key_info(&der).filter(|_| !accepted.is_empty())?;
        let summary = summarise(&der);
        Some(Self {
            server,
            fingerprint: summary.fingerprint,
            accepted,
            remembered_at: at,
            subject: limited(&summary.subject, MAXIMUM_NAME_CHARACTERS),
            issuer: limited(&summary.issuer, MAXIMUM_NAME_CHARACTERS),
            not_before: summary.not_before,
            not_after: summary.not_after,
            public_key_fingerprint: summary.public_key_fingerprint,
            until: Some(until),
            chosen: None,
            origin: PermissionOrigin::RecoveryFile,
            announced: Vec::new(),
        })
    }

    /// Whether the permission has not ended by itself. What nobody allowed never holds, whatever the clock shows.
    #[must_use]
    pub fn holds_at(&self, now: OffsetDateTime) -> bool {
        self.origin != PermissionOrigin::Profile && self.until.is_none_or(|until| now < until)
    }

    /// As far as the permission counts under the endpoint profile of now, which may permit less than the one under
    /// which it was given.
    ///
    /// | longest | given in this session | given earlier |
    /// |---|---|---|
    /// | until changed | as it was given | as it was given |
    /// | days | so many days from when it was given | the same |
    /// | session | as it was given | no longer |
    ///
    /// What was announced beside it ends with it, unless it ends only because its certificate expires. What a recovery file
    /// allows is not a person's answer, and not limited.
    #[must_use]
    pub fn limited_to(&self, options: RememberOptions, given: Given) -> Self {
        let limit = self.limit(options, given);
        let end = earlier(self.own_end(), limit);
        let mut limited = Self { until: earlier(self.until, limit), ..self.clone() };
        if self.origin != PermissionOrigin::RecoveryFile {
            limited = limited.until_it_expires();
        }
        for announced in &mut limited.announced {
            announced.until = earlier(Some(announced.until), end).unwrap_or(announced.until);
        }
        limited
    }

    /// Until when the endpoint profile of now lets it hold.
    fn limit(&self, options: RememberOptions, given: Given) -> Option<OffsetDateTime> {
        match (options.longest, given) {
            _ if self.origin == PermissionOrigin::RecoveryFile => None,
            (RememberLimit::UntilChanged, _) | (RememberLimit::Session, Given::InThisSession) => None,
            (RememberLimit::Days, _) => Some(days_after(self.remembered_at, options.days)),
            (RememberLimit::Session, Given::Earlier) => Some(self.remembered_at),
        }
    }

    /// Whether the permission is over whatever certificate it is for, with all that was announced beside it: then it counts as
    /// none. One that only its certificate has ended by expiring is not.
    #[must_use]
    pub fn is_over(&self, options: RememberOptions, given: Given, now: OffsetDateTime) -> bool {
        earlier(self.own_end(), self.limit(options, given)).is_some_and(|end| end <= now)
    }

    /// When the permission ends whatever certificate it is for. None when only another certificate ends it.
    pub(crate) fn own_end(&self) -> Option<OffsetDateTime> {
        match (self.chosen, self.origin) {
            (Some(RememberFor::UntilChanged | RememberFor::Session), _)
            | (None, PermissionOrigin::Profile) => None,
            (Some(RememberFor::Days(days)), _) => Some(days_after(self.remembered_at, days)),
            (
                None,
                PermissionOrigin::Person | PermissionOrigin::Announcement | PermissionOrigin::RecoveryFile,
            ) => self.until,
        }
    }

    pub(crate) fn until_it_expires(self) -> Self {
        let expiry = (self.remembered_at <= self.not_after).then(|| self.expiry());
        Self { until: earlier(self.until, expiry), ..self }
    }

    /// The end of the last second of its validity, as certificates count it (RFC 5280, section 4.1.2.5).
    fn expiry(&self) -> OffsetDateTime {
        self.not_after.saturating_add(Duration::SECOND)
    }

    /// When the certificate expires, where it is this that ends the permission.
    #[must_use]
    pub fn ends_with_certificate(&self) -> Option<OffsetDateTime> {
        (self.until == Some(self.expiry())).then_some(self.not_after)
    }

    /// Whether it names this issuer, as far as its name was kept.
    pub(crate) fn is_issued_by(&self, issuer: &str) -> bool {
        self.issuer == limited(issuer, MAXIMUM_NAME_CHARACTERS)
    }
}

fn days_after(moment: OffsetDateTime, days: NonZeroU16) -> OffsetDateTime {
    moment.saturating_add(Duration::days(days.get().into()))
}

pub(crate) fn earlier(one: Option<OffsetDateTime>, other: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    one.into_iter().chain(other).min()
}
