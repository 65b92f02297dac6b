//! What becomes of a certificate that an authority has issued: the agents judge it before anybody is shown it, and it is committed
//! by itself only where that cuts nobody off and asks nobody.

use countersign_protocol::Secret;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::certificate_inventory::{GivenCertificate, IfNotValid};
use super::rehearsals::Asked;
use super::{Administration, WithWarnings};
use crate::acme::{
    CommitReason, Commitment, Foretold, IssuedCandidate, OrderStage, TimeToJudge, Validity, Verdict, issued,
    verdict,
};
use crate::forecast::CertificateComparison;
use crate::people::{Caller, Reach, Role};
use crate::problem::Problem;
use crate::store::{Actor, AuditFilter, CertificateSource, CertificateState, Setting, StoreError};

/// How long to wait before a certificate that waits is looked at again.
const LOOK_AGAIN: Duration = Duration::minutes(10);
/// For how long people are told that some were cut off or asked by a certificate that had to be committed.
const TOLD_FOR: Duration = Duration::days(14);

/// What the audit calls whatever makes a certificate the SSL certificate begins so, and it is found among so many changes to it.
const OF_SSL_CERTIFICATE: &str = "ssl_certificate.";
const LATEST_CHANGES: u64 = 20;

/// Who was here so shortly before it was issued, or since, is waited for.
const SEEN_BEFORE: Duration = Duration::days(7);

/// A certificate that was issued, among those that are kept.
pub(crate) struct AddedCertificate {
    id: Uuid,
    leaf: CertificateDer<'static>,
    fingerprint: String,
    /// When it was added. What somebody commits later is not replaced by it.
    at: OffsetDateTime,
    /// Whether nobody was shown it before.
    is_new: bool,
    /// Why agents would find it not valid, in whole sentences.
    warnings: Vec<String>,
    /// What it was when it was added, and which certificate was used then.
    tag: String,
}

/// What became of a certificate that was issued.
pub(crate) enum Taken {
    /// It is the SSL certificate.
    Committed { leaf: CertificateDer<'static>, fingerprint: String, commitment: Commitment },
    /// The agents judge it.
    Candidate(Box<IssuedCandidate>),
    /// Agents would find it not valid: why, in whole sentences.
    NotValid(String),
}

/// What has become of a certificate that the agents judge.
pub(crate) enum Judged {
    /// It is the SSL certificate.
    Committed(Commitment),
    /// It stays a candidate, in this stage.
    Waits(OrderStage, Box<IssuedCandidate>),
    /// Somebody has committed another one since it was issued.
    Superseded,
    /// Somebody has removed it.
    Removed,
    /// This computer does not find it valid any more: why, in whole sentences.
    NotValid(String),
}

fn server() -> Caller {
    Caller { actor: Actor::Server, role: Role::Administrator, reach: Reach::Everything }
}

impl Administration {
    /// Adds a certificate that an authority has issued to the others.
    pub(crate) async fn add_issued_certificate(
        &self,
        chain_pem: &str,
        private_key_pem: &Secret,
    ) -> Result<AddedCertificate, Problem> {
        let given = GivenCertificate {
            source: CertificateSource::Acme,
            chain_pem: chain_pem.to_owned(),
            private_key_pem: private_key_pem.clone(),
        };
        let at = self.now();
        let WithWarnings { changed: added, warnings } = self.add_certificate(&server(), given).await?;
        let id = added.id.parse().map_err(|error: uuid::Error| Problem::failed(&error))?;
        let leaf =
            CertificateDer::from_pem_slice(chain_pem.as_bytes()).map_err(|error| Problem::failed(&error))?;
        Ok(AddedCertificate {
            id,
            leaf,
            fingerprint: added.fingerprint.to_string(),
            at,
            is_new: added.state == Some(CertificateState::Candidate),
            warnings,
            tag: self.telemetry.store.tag_of_certificate(Some(id)).await?,
        })
    }

    /// Where there is nobody to ask, a certificate that was added is committed as one that is uploaded, if the same certificate is used
    /// still; otherwise the agents judge it first.
    pub(crate) async fn take_issued_certificate(&self, added: AddedCertificate) -> Result<Taken, Problem> {
        let caller = server();
        let AddedCertificate { id, leaf, fingerprint, at, is_new, warnings, tag } = added;
        if warnings.is_empty()
            && is_new
            && self.is_anybody_to_ask().await?
            && let Some(issued) = issued(&leaf, fingerprint.clone())
        {
            let time = TimeToJudge::from(self.now(), self.validity_of_present());
            self.remove_other_candidates(&caller, id).await?;
            self.rehearse_issued(&caller, &id.to_string(), Asked::Once).await;
            return Ok(Taken::Candidate(Box::new(IssuedCandidate {
                certificate: id,
                issued,
                issued_at: at,
                rehearsed_until: time.rehearsed_until,
                awaited_until: time.awaited_until,
                look_at: at,
                foretold: None,
            })));
        }
        // Without a warning it will be committed. Nothing else is announced: agents would wait for what is never shown.
        if warnings.is_empty() {
            self.announce_renewal(&caller, &id.to_string()).await;
        }
        let committed = self.commit_issued(&caller, id, &tag, CommitReason::NobodyToAsk, None).await?;
        if let Ok(commitment) = committed {
            return Ok(Taken::Committed { leaf, fingerprint, commitment });
        }
        self.remove_other_candidates(&caller, id).await?;
        Ok(Taken::NotValid(format!(
            "{} It is kept among the certificates of the server.",
            warnings.join(" ")
        )))
    }

    /// Whether a certificate that is being judged can be decided on: somebody has done so, its time is over, or all agents that are
    /// connected have answered.
    pub(crate) async fn can_be_decided(&self, candidate: &IssuedCandidate) -> Result<bool, StoreError> {
        if self.now() >= candidate.rehearsed_until {
            return Ok(true);
        }
        let kept = match self.telemetry.store.certificate(candidate.certificate).await {
            Ok(kept) => kept,
            Err(StoreError::NotFound(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        match kept.chain_digest().filter(|_| kept.state == CertificateState::Candidate) {
            Some(chain) => self.all_have_answered(chain).await,
            None => Ok(true),
        }
    }

    /// Whether somebody has committed or removed a certificate that is being judged.
    pub(crate) async fn is_decided(&self, candidate: &IssuedCandidate) -> Result<bool, StoreError> {
        match self.telemetry.store.certificate(candidate.certificate).await {
            Ok(kept) => Ok(kept.state != CertificateState::Candidate),
            Err(StoreError::NotFound(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Looks what the agents have said to a certificate up to now, and commits it if that harms nobody.
    pub(crate) async fn judge_issued(&self, candidate: &IssuedCandidate) -> Result<Judged, Problem> {
        let store = &self.telemetry.store;
        let kept = match store.certificate(candidate.certificate).await {
            Ok(kept) => kept,
            Err(StoreError::NotFound(_)) => return Ok(Judged::Removed),
            Err(error) => return Err(error.into()),
        };
        let now = self.now();
        match kept.state {
            CertificateState::Committed => {
                // Usually somebody has done so; or this server, which ended before it had kept that.
                let reason = self.why_committed(candidate).await?.unwrap_or(CommitReason::ByHand);
                let foretold = candidate.foretold.map(|foretold| foretold.comparison);
                return Ok(Judged::Committed(Commitment { at: now, reason, foretold }));
            }
            CertificateState::Previous => return Ok(Judged::Superseded),
            CertificateState::Candidate => {}
        }
        // Nobody's choice is undone that is made from here on.
        let tag = store.tag_of_certificate(Some(candidate.certificate)).await?;
        let present = store.ssl_certificate().await?;
        if present.is_some_and(|present| present.committed_at > Some(candidate.issued_at)) {
            return Ok(Judged::Superseded);
        }
        let caller = server();
        if !self.is_anybody_to_ask().await? {
            return self.commit_judged(&caller, candidate, &tag, CommitReason::NobodyToAsk, None).await;
        }
        let id = candidate.certificate.to_string();
        let harms = candidate.foretold.is_some_and(|foretold| foretold.comparison.worse() > 0);
        self.rehearse_issued(&caller, &id, if harms { Asked::Again } else { Asked::Once }).await;
        let seen_since = candidate.issued_at - SEEN_BEFORE;
        let (comparison, shown) = self.compare_with_present(&id, seen_since).await?;
        let present = shown
            .not_before
            .zip(shown.not_after)
            .map(|(from, until)| Validity { not_before: from, not_after: until });
        match verdict(&comparison, candidate.time_to_judge(), present, now) {
            Verdict::Commit(reason) => {
                self.commit_judged(&caller, candidate, &tag, reason, Some(comparison)).await
            }
            Verdict::Wait(stage) => {
                let look_at = match stage {
                    OrderStage::Rehearsing => now,
                    OrderStage::Awaiting
                    | OrderStage::HeldBack
                    | OrderStage::Resting
                    | OrderStage::Wanted
                    | OrderStage::Ordered => now + LOOK_AGAIN,
                };
                let foretold = Some(Foretold { at: now, comparison });
                let candidate = IssuedCandidate { look_at, foretold, ..candidate.clone() };
                Ok(Judged::Waits(stage, Box::new(candidate)))
            }
        }
    }

    async fn commit_judged(
        &self,
        caller: &Caller,
        candidate: &IssuedCandidate,
        tag: &str,
        reason: CommitReason,
        found: Option<CertificateComparison>,
    ) -> Result<Judged, Problem> {
        let committed = self.commit_issued(caller, candidate.certificate, tag, reason, found).await?;
        Ok(match committed {
            Ok(commitment) => Judged::Committed(commitment),
            Err(why) => Judged::NotValid(why),
        })
    }

    /// Commits it, if this computer finds it valid and what its tag says is so still; otherwise why it is not valid.
    async fn commit_issued(
        &self,
        caller: &Caller,
        id: Uuid,
        tag: &str,
        reason: CommitReason,
        found: Option<CertificateComparison>,
    ) -> Result<Result<Commitment, String>, Problem> {
        let kept = self.telemetry.store.certificate(id).await?;
        if let Err(why) = IfNotValid::Refuse.allow(&self.judge(&self.open(&kept)?)) {
            return Ok(Err(why.detail().to_owned()));
        }
        let foretold = found.map(|found| {
            json!({
                "endpoints": found.next,
                "more_cut_off": found.cut_off,
                "more_asked": found.asked,
                "not_judged": found.awaited + found.not_known,
            })
        });
        let said = json!({"reason": reason, "foretold": foretold});
        self.commit_certificate_with(caller, id, Some(tag), IfNotValid::Refuse, Some(said)).await?;
        Ok(Ok(Commitment { at: self.now(), reason, foretold: found }))
    }

    /// Why the server itself has committed it, by the audit; none if somebody has done so.
    async fn why_committed(&self, candidate: &IssuedCandidate) -> Result<Option<CommitReason>, StoreError> {
        let commits =
            AuditFilter { subjects: Some(vec![candidate.certificate.to_string()]), ..AuditFilter::default() };
        let changes = self.telemetry.store.changes_after(&commits, None, LATEST_CHANGES).await?;
        let last = changes.into_iter().find(|change| change.action.starts_with(OF_SSL_CERTIFICATE));
        let detail = last.filter(|last| last.actor == Actor::Server.to_string()).map(|last| last.detail);
        let detail: Option<Value> = detail.and_then(|detail| serde_json::from_str(&detail).ok());
        Ok(detail.and_then(|detail| serde_json::from_value(detail["by_itself"]["reason"].clone()).ok()))
    }

    /// Whether another SSL certificate would be shown to agents that are known.
    async fn is_anybody_to_ask(&self) -> Result<bool, StoreError> {
        let store = &self.telemetry.store;
        if !store.setting(Setting::UseSslCertificate).await? || store.ssl_certificate().await?.is_none() {
            return Ok(false);
        }
        let counts = store.count_endpoints().await?;
        Ok(counts.online + counts.offline > 0)
    }

    /// How long the certificate is valid that agents are shown.
    pub(super) fn validity_of_present(&self) -> Option<Validity> {
        let current = self.certificates.current();
        let own = countersign_trust::summarise(current.key.cert.first()?);
        Some(Validity { not_before: own.not_before, not_after: own.not_after })
    }

    /// Of certificates from authorities that nobody has committed the last one is kept, to be looked at.
    pub(crate) async fn remove_other_candidates(&self, caller: &Caller, kept: Uuid) -> Result<(), Problem> {
        for one in self.telemetry.store.certificates().await? {
            let other = one.id != kept && one.source == CertificateSource::Acme;
            if other && one.state == CertificateState::Candidate {
                self.remove_certificate(caller, &one.id.to_string(), None).await?;
            }
        }
        Ok(())
    }
}

/// Whether that is to be told.
pub(super) fn is_told(commitment: &Commitment, now: OffsetDateTime) -> bool {
    commitment.reason == CommitReason::FormerEnds
        && now < commitment.at + TOLD_FOR
        && commitment.foretold.is_some_and(|found| found.worse() > 0)
}
