//! The next certificate of a server, announced before it is shown, so that a planned change asks nobody again.
//!
//! One law holds for all of it: an announcement never brings a kind of problem with which the present certificate is not let
//! through.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::assessment::Assessment;
use crate::fingerprint::Fingerprint;
use crate::problem_kind::ProblemKind;
use crate::remembered::{PermissionOrigin, RememberedCertificate, earlier};

/// So many announced certificates are kept beside one that is allowed; the newest.
pub const MAXIMUM_ANNOUNCED: usize = 2;

/// An announced certificate has to be shown within so much time.
pub const LONGEST_ANNOUNCEMENT: Duration = Duration::days(90);

/// So long the former certificate may come back after the change.
pub const ROLL_BACK: Duration = Duration::days(14);

/// A certificate that is let through in the place of one that is allowed, with at most the same kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedCertificate {
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// The end of the time in which it may be shown.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// Why an announcement is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnouncementRefusal {
    /// The next certificate is valid, so that nobody is asked in any case.
    NotNeeded,
    /// It is the present one.
    AlreadyShown,
    /// It has problems that the present one is not let through with.
    NewProblems(BTreeSet<ProblemKind>),
    /// Nobody can allow it: it has been revoked, or cannot be read.
    CannotBeAllowed,
    /// The time in which it could be shown is over, or what was allowed is.
    Over,
}

/// Holds an announcement against what lets the present certificate through.
///
/// `present` is the certificate of the session. `permission` is what was allowed for this server, as far as it counts now; where
/// nothing was, [`RememberedCertificate::let_through_by_profile`].
///
/// | permission | what the next certificate may have |
/// |---|---|
/// | something was allowed | the kinds of problem that are accepted there |
/// | the profile lets the present certificate through | the kinds that it has |
/// | none: the present certificate is valid | none, so that nothing is to be kept |
///
/// That a certificate is not valid yet does not count, because it is shown later.
pub fn announce(
    present: &Assessment,
    permission: Option<&RememberedCertificate>,
    next: &Assessment,
    not_later_than: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<AnnouncedCertificate, AnnouncementRefusal> {
    use AnnouncementRefusal::{AlreadyShown, CannotBeAllowed, NewProblems, NotNeeded, Over};
    let (Some(fingerprint), Some(_)) = (next.fingerprint, next.certificate.as_ref()) else {
        return Err(CannotBeAllowed);
    };
    let mut kinds = next.kinds();
    if kinds.contains(&ProblemKind::Revoked) {
        return Err(CannotBeAllowed);
    }
    kinds.remove(&ProblemKind::NotYetValid);
    if kinds.is_empty() {
        return Err(NotNeeded);
    }
    let Some(permission) = permission.filter(|permission| permission.server == present.server) else {
        return Err(NewProblems(kinds));
    };
    if [Some(permission.fingerprint), present.fingerprint].contains(&Some(fingerprint)) {
        return Err(AlreadyShown);
    }
    let added: BTreeSet<ProblemKind> = kinds.difference(&permission.accepted).copied().collect();
    if !added.is_empty() {
        return Err(NewProblems(added));
    }
    let longest = not_later_than.min(now.saturating_add(LONGEST_ANNOUNCEMENT));
    let until = earlier(Some(longest), permission.own_end()).unwrap_or(longest);
    if until <= now { Err(Over) } else { Ok(AnnouncedCertificate { fingerprint, until }) }
}

impl RememberedCertificate {
    /// Whether this certificate with these kinds of problem is let through because it was announced.
    #[must_use]
    pub fn lets_announced_through(
        &self,
        fingerprint: Fingerprint,
        kinds: &BTreeSet<ProblemKind>,
        now: OffsetDateTime,
    ) -> bool {
        self.announced(fingerprint).is_some_and(|announced| now < announced.until)
            && kinds.is_subset(&self.accepted)
    }

    fn announced(&self, fingerprint: Fingerprint) -> Option<&AnnouncedCertificate> {
        self.announced.iter().find(|announced| announced.fingerprint == fingerprint)
    }

    /// The same with an announced certificate beside it. The oldest make room.
    #[must_use]
    pub fn with_announced(mut self, announced: AnnouncedCertificate, now: OffsetDateTime) -> Self {
        self.add(announced, now);
        self
    }

    fn add(&mut self, announced: AnnouncedCertificate, now: OffsetDateTime) {
        self.announced.retain(|known| known.fingerprint != announced.fingerprint && now < known.until);
        self.announced.push(announced);
        self.announced.drain(..self.announced.len().saturating_sub(MAXIMUM_ANNOUNCED));
    }

    /// The certificate that the endpoint profile lets through now. It is what another one is compared with, and permits
    /// nothing itself: where the profile says *Warn*, the person is asked as if for the first time. None when there is
    /// nothing wrong with it.
    #[must_use]
    pub fn let_through_by_profile(present: &Assessment, now: OffsetDateTime) -> Option<Self> {
        let remembered = Self::of(present, crate::RememberFor::UntilChanged, now)?;
        Some(Self { until: Some(now), chosen: None, origin: PermissionOrigin::Profile, ..remembered })
    }

    /// What is to be remembered when the announced certificate is shown: it takes the place of this one, with the same
    /// accepted kinds of problem and for as long as this one was allowed. The former one may come back for [`ROLL_BACK`].
    ///
    /// Nothing unless [`RememberedCertificate::lets_announced_through`] says yes.
    #[must_use]
    pub fn succeeded_by(&self, shown: &Assessment, now: OffsetDateTime) -> Option<Self> {
        let fingerprint = shown.fingerprint?;
        let announced = *self.announced(fingerprint)?;
        if !self.lets_announced_through(fingerprint, &shown.kinds(), now) {
            return None;
        }
        let next = Self::of(shown, crate::RememberFor::UntilChanged, now)?;
        // Nobody has allowed the certificate of the profile, so that what follows it ends with the announcement.
        let end = match self.origin {
            PermissionOrigin::Profile => Some(announced.until),
            PermissionOrigin::Person | PermissionOrigin::Announcement | PermissionOrigin::RecoveryFile => {
                self.own_end()
            }
        };
        let mut next = Self {
            accepted: self.accepted.clone(),
            remembered_at: self.remembered_at,
            until: end,
            chosen: self.chosen,
            origin: PermissionOrigin::Announcement,
            announced: self.announced.clone(),
            ..next
        }
        .until_it_expires();
        next.announced.retain(|known| known.fingerprint != fingerprint);
        if self.holds_at(now) {
            let back = now.saturating_add(ROLL_BACK);
            let until = earlier(Some(back), self.until).unwrap_or(back);
            next.add(AnnouncedCertificate { fingerprint: self.fingerprint, until }, now);
        }
        Some(next)
    }

    /// Without an announced certificate. None when it was not among them.
    #[must_use]
    pub fn without_announced(&self, fingerprint: Fingerprint) -> Option<Self> {
        self.announced(fingerprint)?;
        let mut without = self.clone();
        without.announced.retain(|known| known.fingerprint != fingerprint);
        Some(without)
    }

    /// The same permission, given anew: what was announced beside the former stays announced if it is for the same
    /// certificate.
    #[must_use]
    pub fn given_again_after(self, former: Option<&Self>) -> Self {
        match former {
            Some(former) if former.server == self.server && former.fingerprint == self.fingerprint => {
                Self { announced: former.announced.clone(), ..self }
            }
            Some(_) | None => self,
        }
    }
}
