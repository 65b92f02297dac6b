//! What people are told of the certificate from a certificate authority, when they have to see to it.

use time::OffsetDateTime;

use super::Administration;
use super::automated_certificate::PLACE;
use super::issued_certificate::is_told;
use super::overview::{Attention, Urgency};
use crate::acme::{self, Alarm, AutoRenew, InUse, IssuedCandidate, OrderStage, Progress, Validity};
use crate::problem::Problem;
use crate::store::StoreError;

/// Where the page of a certificate is, in the console.
fn page_of(candidate: &IssuedCandidate) -> String {
    format!("/system-settings/server/certificates/{}", candidate.certificate)
}

/// How it stands with a certificate that nobody is shown yet, in whole sentences.
pub(super) fn situation(stage: OrderStage, candidate: &IssuedCandidate) -> String {
    let comparison = candidate.foretold.map(|foretold| foretold.comparison).unwrap_or_default();
    match stage {
        OrderStage::HeldBack => format!(
            "It is held back: with it, {}; the present one does not do that. Its page shows what is foretold, and it can be committed \
             there.",
            comparison.worse_in_words()
        ),
        OrderStage::Awaiting => format!(
            "Nobody who has judged it would be cut off or asked. {} of late, and not judged it yet; it waits for that.",
            match comparison.awaited {
                1 => "1 endpoint has been here".to_owned(),
                number => format!("{number} endpoints have been here"),
            }
        ),
        OrderStage::Rehearsing | OrderStage::Resting | OrderStage::Wanted | OrderStage::Ordered => {
            "The agents that are connected judge it before anybody is shown it.".to_owned()
        }
    }
}

/// When the SSL certificate ends.
fn ends(not_after: OffsetDateTime, now: OffsetDateTime) -> String {
    match (not_after - now).whole_days() {
        days if days < 0 => "The SSL certificate has expired".to_owned(),
        1 => "The SSL certificate expires in 1 day".to_owned(),
        days => format!("The SSL certificate expires in {days} days"),
    }
}

/// One that is held back waits for a person, as long as the present one is valid.
fn of_candidate(progress: &Progress, present: Validity, now: OffsetDateTime) -> Option<Attention> {
    let candidate = progress.candidate.as_ref().filter(|_| progress.stage == OrderStage::HeldBack)?;
    let comparison = candidate.foretold?.comparison;
    let urgency =
        if present.not_after - now <= present.lifetime() / 9 { Urgency::Now } else { Urgency::Soon };
    let text = format!(
        "{}, and the new one from the certificate authority is held back: with it, {}. Look at what is foretold on its page before \
         you commit it.",
        ends(present.not_after, now),
        comparison.worse_in_words()
    );
    Some(Attention { urgency, text, place: page_of(candidate).into() })
}

/// One that had to be committed although it cuts somebody off.
fn of_commitment(progress: &Progress, now: OffsetDateTime) -> Option<Attention> {
    let commitment = progress.commitment.filter(|commitment| is_told(commitment, now))?;
    let text = format!(
        "The SSL certificate was replaced because the one before had expired or was about to, although with the new one {}.",
        commitment.foretold?.worse_in_words()
    );
    Some(Attention { urgency: Urgency::Now, text, place: PLACE.into() })
}

impl Administration {
    /// What a person has to see to.
    pub(super) async fn automation_attention(&self) -> Result<Vec<Attention>, Problem> {
        let store = &self.telemetry.store;
        let Some((settings, _)) = store.acme_settings().await? else { return Ok(Vec::new()) };
        let Some(order) = store.acme_order().await? else { return Ok(Vec::new()) };
        let (progress, now) = (order.progress, self.now());
        let mut found: Vec<Attention> = of_commitment(&progress, now).into_iter().collect();
        if let Some(present) = self.validity_of_present() {
            found.extend(of_candidate(&progress, present, now));
        }
        let in_use = self.certificate_in_use(&progress).await?;
        // That it is held back is said already. One that cannot be judged must not run the present one out unnoticed.
        let is_said = progress.stage == OrderStage::HeldBack || in_use == InUse::Another;
        if progress.candidate.is_some() && is_said {
            return Ok(found);
        }
        if progress.issued.is_some() && in_use == InUse::Another {
            found.extend(self.of_another_in_use(&progress, settings.auto_renew).await?);
            return Ok(found);
        }
        let Some(alarm) = acme::alarm(&progress, settings.auto_renew, now) else { return Ok(found) };
        let urgency = match alarm {
            Alarm::Now => Urgency::Now,
            Alarm::Soon => Urgency::Soon,
        };
        let none = || "There is no SSL certificate from the certificate authority yet".to_owned();
        let ends = progress.issued.as_ref().map_or_else(none, |issued| ends(issued.not_after, now));
        let text = match &progress.last_failure {
            Some(failure) if progress.issued.is_none() => format!("{ends}. {}", failure.text),
            // It may be that one was issued, and could not be taken.
            Some(failure) => {
                format!(
                    "{ends}, and no new one from the certificate authority has taken its place. {}",
                    failure.text
                )
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
        found.push(Attention { urgency, text, place: PLACE.into() });
        Ok(found)
    }

    /// Whether the SSL certificate renews itself, so that nobody need be told when it ends but of failures.
    pub(super) async fn renews_itself(&self) -> Result<bool, Problem> {
        let store = &self.telemetry.store;
        let Some((settings, _)) = store.acme_settings().await? else { return Ok(false) };
        let order = store.acme_order().await?;
        let progress = order.map(|order| order.progress).unwrap_or_default();
        let in_use = self.certificate_in_use(&progress).await?;
        Ok(in_use == InUse::Issued && acme::renews_itself(&progress, settings.auto_renew))
    }

    /// Whether the SSL certificate is the one that the authority has issued last.
    pub(crate) async fn certificate_in_use(&self, progress: &Progress) -> Result<InUse, StoreError> {
        let Some(issued) = &progress.issued else { return Ok(InUse::Another) };
        let used = self.telemetry.store.ssl_certificate().await?;
        let is_issued = used.is_some_and(|used| used.fingerprint == issued.fingerprint);
        Ok(if is_issued { InUse::Issued } else { InUse::Another })
    }

    /// What is said while another certificate is used than the authority has issued last.
    async fn of_another_in_use(
        &self,
        progress: &Progress,
        auto_renew: AutoRenew,
    ) -> Result<Option<Attention>, StoreError> {
        if (auto_renew == AutoRenew::Off && progress.last_failure.is_none())
            || self.telemetry.store.ssl_certificate().await?.is_none()
        {
            return Ok(None);
        }
        let text = "The SSL certificate is another one than the certificate authority has issued last, and is not renewed by itself. \
                    Order another one, or remove what is asked of the authority.";
        let text = match &progress.last_failure {
            Some(failure) => format!("{text} The last attempt to get one has failed. {}", failure.text),
            None => text.to_owned(),
        };
        Ok(Some(Attention { urgency: Urgency::Soon, text, place: PLACE.into() }))
    }
}
