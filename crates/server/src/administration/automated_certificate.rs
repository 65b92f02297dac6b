//! The SSL certificate from a certificate authority: what is asked of which one, how far it is, and what stands in the way.

use axum::http::StatusCode;
use countersign_protocol::Secret;
use countersign_trust::display_text;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use super::automated_input::{AutomatedInput, DirectoryInput, ExternalAccountInput};
use super::automated_input::{Checked, check, directory};
use super::certificate_inventory::{GivenCertificate, IfNotValid};
use super::overview::{Attention, Urgency};
use super::{Administration, WithWarnings};
use crate::acme::{
    self, AcmeClient, AcmeFailure, AcmeSettings, Alarm, AskedPorts, AutoRenew, ChallengeKind, Obstacle,
    OrderCause, OrderStage, Progress, RenewalSource, Surroundings, Wish,
};
use crate::people::{Caller, Permission, Reach, Role, Scope};
use crate::problem::Problem;
use crate::store::{Actor, BindingKey, CertificateSource, CertificateState};

/// What stands for it in the audit.
const SUBJECT: &str = "automated-certificate";
/// Where it is in the console.
pub(crate) const PLACE: &str = "/system-settings/server/automated";

/// What is asked of which certificate authority, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AutomatedCertificate {
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
    /// The fingerprint of the certificate that was issued last.
    pub(crate) fingerprint: Option<String>,
    /// Until when that is valid.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) not_after: Option<OffsetDateTime>,
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

/// What became of a certificate that was issued.
pub(crate) enum Taken {
    /// It is the SSL certificate.
    Committed { leaf: CertificateDer<'static>, fingerprint: String },
    /// Agents would find it not valid: why, in whole sentences.
    NotValid(String),
}

fn view(settings: AcmeSettings, progress: Progress) -> AutomatedCertificate {
    let auto_renew = settings.auto_renew == AutoRenew::On;
    let schedule = progress.schedule;
    let next_attempt = match progress.stage {
        OrderStage::Resting => schedule.filter(|_| auto_renew).map(|schedule| schedule.renew_at),
        OrderStage::Wanted | OrderStage::Ordered => progress.not_before.or(progress.last_attempt),
    };
    AutomatedCertificate {
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
        let Some((settings, _)) = self.telemetry.store.acme_settings().await? else { return Ok(None) };
        let order = self.telemetry.store.acme_order().await?;
        Ok(Some(view(settings, order.map(|order| order.progress).unwrap_or_default())))
    }

    /// Asks for a certificate, with these settings from now on. It is ordered at once, and how far that is can be looked at.
    pub(crate) async fn automate_certificate(
        &self,
        caller: &Caller,
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
        store.set_acme_settings(&settings, binding_key, change).await?;
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

    /// Asks for another certificate now.
    pub(crate) async fn order_certificate(&self, caller: &Caller) -> Result<AutomatedCertificate, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let store = &self.telemetry.store;
        if store.acme_settings().await?.is_none() {
            return Err(none());
        }
        let change = caller.change(self.now(), "automated_certificate.ordered", SUBJECT, json!({}));
        store.want_acme_order(change).await?;
        self.acme.ring();
        self.automated_certificate(caller).await
    }

    /// Asks no certificate authority any more, and forgets the account there. The certificates that were issued stay.
    pub(crate) async fn stop_automation(&self, caller: &Caller) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        if self.telemetry.store.acme_settings().await?.is_none() {
            return Err(none());
        }
        let change = caller.change(self.now(), "automated_certificate.removed", SUBJECT, json!({}));
        self.telemetry.store.remove_acme(change).await?;
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

    /// Adds a certificate that an authority has issued to the others, and commits it as one that is uploaded.
    pub(crate) async fn take_issued_certificate(
        &self,
        chain_pem: &str,
        private_key_pem: &Secret,
    ) -> Result<Taken, Problem> {
        let caller = Caller { actor: Actor::Server, role: Role::Administrator, reach: Reach::Everything };
        let given = GivenCertificate {
            source: CertificateSource::Acme,
            chain_pem: chain_pem.to_owned(),
            private_key_pem: private_key_pem.clone(),
        };
        let WithWarnings { changed: added, warnings } = self.add_certificate(&caller, given).await?;
        let id = added.id.parse().map_err(|error: uuid::Error| Problem::failed(&error))?;
        // Without a warning it will be committed. Nothing else is announced: agents would wait for what is never shown.
        if warnings.is_empty() {
            self.announce_renewal(&caller, &added.id).await;
        }
        if let Err(problem) = self.commit_certificate(&caller, id, IfNotValid::Refuse).await {
            if problem.status() != StatusCode::CONFLICT {
                return Err(problem);
            }
            self.remove_other_candidates(&caller, id).await?;
            return Ok(Taken::NotValid(format!(
                "{} It is kept among the certificates of the server.",
                warnings.join(" ")
            )));
        }
        let leaf =
            CertificateDer::from_pem_slice(chain_pem.as_bytes()).map_err(|error| Problem::failed(&error))?;
        Ok(Taken::Committed { leaf, fingerprint: added.fingerprint.to_string() })
    }

    /// Of certificates from authorities that nobody would find valid the last one is kept, to be looked at.
    async fn remove_other_candidates(&self, caller: &Caller, kept: Uuid) -> Result<(), Problem> {
        for one in self.telemetry.store.certificates().await? {
            let other = one.id != kept && one.source == CertificateSource::Acme;
            if other && one.state == CertificateState::Candidate {
                self.remove_certificate(caller, &one.id.to_string()).await?;
            }
        }
        Ok(())
    }

    /// What a person has to see to, if anything.
    pub(super) async fn automation_attention(&self) -> Result<Option<Attention>, Problem> {
        let store = &self.telemetry.store;
        let Some((settings, _)) = store.acme_settings().await? else { return Ok(None) };
        let Some(order) = store.acme_order().await? else { return Ok(None) };
        let progress = order.progress;
        let Some(alarm) = acme::alarm(&progress, settings.auto_renew, self.now()) else { return Ok(None) };
        let urgency = match alarm {
            Alarm::Now => Urgency::Now,
            Alarm::Soon => Urgency::Soon,
        };
        let days = progress.issued.as_ref().map(|issued| (issued.not_after - self.now()).whole_days());
        let ends = match days {
            Some(days) if days < 0 => "The SSL certificate has expired".to_owned(),
            Some(1) => "The SSL certificate expires in 1 day".to_owned(),
            Some(days) => format!("The SSL certificate expires in {days} days"),
            None => "There is no SSL certificate from the certificate authority yet".to_owned(),
        };
        let text = match &progress.last_failure {
            Some(failure) => {
                format!("{ends}, and the certificate authority has issued no new one. {}", failure.text)
            }
            None if settings.auto_renew == AutoRenew::On => {
                format!(
                    "{ends}, and no new one was issued yet, although it is time. Look when it is tried next."
                )
            }
            None => {
                format!("{ends}, and is not renewed by itself. Order another one, or turn “Auto renew” on.")
            }
        };
        Ok(Some(Attention { urgency, text, place: PLACE }))
    }

    /// Whether the SSL certificate renews itself, so that nobody need be told when it ends but of failures.
    pub(super) async fn renews_itself(&self) -> Result<bool, Problem> {
        let store = &self.telemetry.store;
        let Some((settings, _)) = store.acme_settings().await? else { return Ok(false) };
        let order = store.acme_order().await?;
        let progress = order.map(|order| order.progress).unwrap_or_default();
        let issued = progress.issued.as_ref().map(|issued| issued.fingerprint.clone());
        let used = store.ssl_certificate().await?.map(|kept| kept.fingerprint);
        Ok(issued == used && acme::renews_itself(&progress, settings.auto_renew))
    }
}
