//! The SSL certificate from a certificate authority: what is asked of which one, how far it is, and what stands in the way.

use countersign_trust::display_text;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::automated_attention::situation;
pub(crate) use super::automated_input::{AutomatedInput, DirectoryInput, ExternalAccountInput};
use super::automated_input::{Checked, check, directory};
use super::{Administration, WithWarnings};
use crate::acme::{
    self, AcmeClient, AcmeFailure, AcmeSettings, AskedPorts, AutoRenew, ChallengeKind, Commitment, Foretold,
    InUse, IssuedCandidate, Obstacle, OrderCause, OrderStage, Progress, RenewalSource, Surroundings, Wish,
    renew_candidate_at,
};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{BindingKey, Document};

/// What stands for it in the audit.
const SUBJECT: &str = "automated-certificate";
/// Where it is in the console.
pub(crate) const PLACE: &str = "/system-settings/server/automated";

/// What is asked of which certificate authority, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AutomatedCertificate {
    /// Counts the changes of what is asked; an order that goes on changes nothing of it.
    pub(crate) revision: u64,
    /// For which name.
    pub(crate) domain: String,
    /// To whom the authority writes.
    pub(crate) email: String,
    /// The directory of the authority.
    pub(crate) directory_url: String,
    /// Who vouches for the directory, when that is none of the system's roots.
    pub(crate) directory_root_pem: Option<String>,
    pub(crate) challenge: ChallengeKind,
    /// Whether another one is asked for before this one ends.
    pub(crate) auto_renew: bool,
    /// The address of the terms of service that were agreed to.
    pub(crate) agreed_terms: Option<String>,
    /// Whose customer the account belongs to.
    pub(crate) external_account_key_id: Option<String>,
    pub(crate) stage: OrderStage,
    pub(crate) cause: Option<OrderCause>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_attempt: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_success: Option<OffsetDateTime>,
    /// What stood in the way of the last attempt; none once one has succeeded.
    pub(crate) last_failure: Option<AcmeFailure>,
    /// So many attempts have failed in a row.
    pub(crate) failures: u32,
    /// When a certificate is asked for next: at once when this has passed, and not by itself when there is none.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) next_attempt: Option<OffsetDateTime>,
    /// From where it is known when to renew.
    pub(crate) renewal_source: Option<RenewalSource>,
    /// The fingerprint of the certificate that was issued and committed last.
    pub(crate) fingerprint: Option<String>,
    /// Until when that is valid.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) not_after: Option<OffsetDateTime>,
    /// How that became the SSL certificate.
    pub(crate) commitment: Option<Commitment>,
    /// A certificate that was issued after that one, and that nobody is shown before the agents have judged it.
    pub(crate) candidate: Option<CandidateView>,
}

/// A certificate that was issued, and that nobody is shown yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CandidateView {
    /// By which it is named in addresses: `GET /certificates/{id}`. It can be committed there, too.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) certificate_id: String,
    pub(crate) fingerprint: String,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) not_after: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) issued_at: OffsetDateTime,
    /// Until when the agents that are connected may judge it.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) rehearsed_until: OffsetDateTime,
    /// Until when those that are not connected are waited for.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) awaited_until: OffsetDateTime,
    /// What would become of the endpoints with it, as it was foretold last.
    pub(crate) foretold: Option<Foretold>,
    /// How it stands with it, in whole sentences.
    pub(crate) situation: String,
}

impl CandidateView {
    fn new(stage: OrderStage, candidate: IssuedCandidate) -> Self {
        Self {
            situation: situation(stage, &candidate),
            certificate_id: candidate.certificate.to_string(),
            fingerprint: candidate.issued.fingerprint,
            not_after: candidate.issued.not_after,
            issued_at: candidate.issued_at,
            rehearsed_until: candidate.rehearsed_until,
            awaited_until: candidate.awaited_until,
            foretold: candidate.foretold,
        }
    }
}

/// What an authority says about itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryView {
    pub(crate) directory_url: String,
    /// The address of its terms of service, if it has any.
    pub(crate) terms_of_service: Option<String>,
    pub(crate) website: Option<String>,
    /// Whether it wants to know whose customer this server is.
    pub(crate) external_account_required: bool,
}

fn view(revision: u64, settings: AcmeSettings, progress: Progress, in_use: InUse) -> AutomatedCertificate {
    let auto_renew = settings.auto_renew == AutoRenew::On;
    let schedule = progress.schedule;
    let next_attempt = match progress.stage {
        OrderStage::Resting => {
            schedule.filter(|_| auto_renew && in_use == InUse::Issued).map(|schedule| schedule.renew_at)
        }
        OrderStage::Wanted | OrderStage::Ordered => progress.not_before.or(progress.last_attempt),
        OrderStage::Rehearsing | OrderStage::Awaiting | OrderStage::HeldBack => {
            progress.candidate.as_ref().filter(|_| auto_renew).map(renew_candidate_at)
        }
    };
    AutomatedCertificate {
        revision,
        domain: settings.domain,
        email: settings.email,
        directory_url: settings.directory_url,
        directory_root_pem: settings.directory_root_pem,
        challenge: settings.challenge,
        auto_renew,
        agreed_terms: settings.agreed_terms,
        external_account_key_id: settings.binding_key_id,
        stage: progress.stage,
        cause: progress.cause,
        last_attempt: progress.last_attempt,
        last_success: progress.last_success,
        last_failure: progress.last_failure,
        failures: progress.failures,
        next_attempt,
        renewal_source: schedule.map(|schedule| schedule.source),
        fingerprint: progress.issued.as_ref().map(|issued| issued.fingerprint.clone()),
        not_after: progress.issued.map(|issued| issued.not_after),
        commitment: progress.commitment,
        candidate: progress.candidate.map(|candidate| CandidateView::new(progress.stage, candidate)),
    }
}

fn none() -> Problem {
    Problem::not_found("No certificate authority is asked for a certificate.")
}

impl Administration {
    /// What is asked of which certificate authority, and how far it is.
    pub(crate) async fn automated_certificate(
        &self,
        caller: &Caller,
    ) -> Result<AutomatedCertificate, Problem> {
        self.automated_certificate_if_any(caller).await?.ok_or_else(none)
    }

    /// As [`Administration::automated_certificate`]; nothing when none is asked.
    pub(crate) async fn automated_certificate_if_any(
        &self,
        caller: &Caller,
    ) -> Result<Option<AutomatedCertificate>, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let store = &self.telemetry.store;
        let revision = store.document_revision(Document::AutomatedCertificate).await?;
        let Some((settings, _)) = store.acme_settings().await? else { return Ok(None) };
        let order = store.acme_order().await?;
        let progress = order.map(|order| order.progress).unwrap_or_default();
        let in_use = self.certificate_in_use(&progress).await?;
        Ok(Some(view(revision, settings, progress, in_use)))
    }

    /// The revision of what is asked, also while nothing is.
    pub(crate) async fn automation_revision(&self, caller: &Caller) -> Result<u64, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        Ok(self.telemetry.store.document_revision(Document::AutomatedCertificate).await?)
    }

    /// Asks for a certificate, with these settings from now on. It is ordered at once, and how far that is can be looked at. With an
    /// expected revision, only if nobody else has changed the settings since.
    pub(crate) async fn automate_certificate(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        input: AutomatedInput,
    ) -> Result<WithWarnings<AutomatedCertificate>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let Checked { settings, hmac_key } = check(input)?;
        let store = &self.telemetry.store;
        let before = store.acme_settings().await?;
        let binding_key = match (&settings.binding_key_id, hmac_key) {
            (None, _) => BindingKey::Set(None),
            (Some(_), Some(key)) => BindingKey::Set(Some(key)),
            (Some(id), None) => {
                let same = before.is_some_and(|(before, key)| {
                    key.is_some()
                        && before.binding_key_id.as_ref() == Some(id)
                        && before.directory_url == settings.directory_url
                });
                if !same {
                    return Err(Problem::unprocessable(
                        "The HMAC key that belongs to the key ID is missing. Give it as “hmac_key”.",
                    ));
                }
                BindingKey::Keep
            }
        };
        let detail = json!({
            "domain": settings.domain,
            "email": settings.email,
            "directory_url": settings.directory_url,
            "challenge": settings.challenge,
            "auto_renew": settings.auto_renew == AutoRenew::On,
            "agreed_terms": settings.agreed_terms,
            "external_account_key_id": settings.binding_key_id,
        });
        let change = caller.change(self.now(), "automated_certificate.changed", SUBJECT, detail);
        store.set_acme_settings(&settings, binding_key, expected, change).await?;
        self.acme.ring();
        let mut warnings = Vec::new();
        if let Some(name) = self.server_name.as_ref().filter(|name| name.to_string() != settings.domain) {
            warnings.push(format!(
                "Agents reach this server as {name}; they would find a certificate for {} not valid.",
                settings.domain
            ));
        }
        Ok(WithWarnings::new(self.automated_certificate(caller).await?, warnings))
    }

    /// Asks for another certificate now. With an expected revision, only if nobody else has changed the settings since.
    pub(crate) async fn order_certificate(
        &self,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<AutomatedCertificate, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let store = &self.telemetry.store;
        if store.acme_settings().await?.is_none() {
            return Err(none());
        }
        let change = caller.change(self.now(), "automated_certificate.ordered", SUBJECT, json!({}));
        store.want_acme_order(expected, change).await?;
        self.acme.ring();
        self.automated_certificate(caller).await
    }

    /// Asks no certificate authority any more, and forgets the account there. The certificates that were issued stay. With an expected
    /// revision, only if nobody else has changed the settings since.
    pub(crate) async fn stop_automation(
        &self,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        if self.telemetry.store.acme_settings().await?.is_none() {
            return Err(none());
        }
        let change = caller.change(self.now(), "automated_certificate.removed", SUBJECT, json!({}));
        self.telemetry.store.remove_acme(expected, change).await?;
        self.acme.ring();
        Ok(())
    }

    /// What a certificate authority says about itself: its terms, and whether it wants to know its customers.
    pub(crate) async fn certificate_authority(
        &self,
        caller: &Caller,
        input: DirectoryInput,
    ) -> Result<DirectoryView, Problem> {
        // It makes this server open connections.
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let (url, root) = directory(input.directory_url, input.directory_root_pem)?;
        let read = async { AcmeClient::new(root.as_deref())?.directory(&url).await };
        let directory = read.await.map_err(|error| Problem::unprocessable(error.to_string()))?;
        let shown = |text: Option<String>| text.map(|text| display_text(&text));
        // What is shown as a link must be an address of the web.
        let website = shown(directory.meta.website).filter(|text| text.starts_with("https://"));
        Ok(DirectoryView {
            directory_url: url,
            terms_of_service: shown(directory.meta.terms_of_service),
            website,
            external_account_required: directory.meta.external_account_required,
        })
    }

    /// What stands in the way of a certificate with these settings, what stops everything first.
    pub(crate) async fn obstacles(
        &self,
        caller: &Caller,
        input: AutomatedInput,
    ) -> Result<Vec<Obstacle>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let Checked { settings, .. } = check(input)?;
        let wish = Wish { domain: &settings.domain, challenge: settings.challenge };
        let around = Surroundings {
            store: &self.telemetry.store,
            now: self.now(),
            server_name: self.server_name.as_ref(),
            http: &self.http,
            https: self.https,
            access: self.access.current(),
            asked: AskedPorts::STANDARD,
        };
        let mut found = Vec::new();
        if settings.agreed_terms.is_none() {
            found.extend(acme::no_agreement(&settings).await);
        }
        found.extend(acme::obstacles(wish, &around).await?);
        found.sort_by_key(|obstacle| obstacle.kind);
        self.keep_check(&settings, &found).await?;
        Ok(found)
    }
}
