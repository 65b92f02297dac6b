//! The licence: uploaded, looked at, and how much of it is used. Nothing is ever cut off because of it, and nothing is turned
//! away: an endpoint that is left unmanaged would be a worse harm than one that is not paid for. What is over is said, louder
//! once a tenth more than the seats is used.

use countersign_protocol::{Licence, licence_file::MAXIMUM_LICENCE_BYTES};
use serde::Serialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::Administration;
use super::overview::{Attention, Urgency};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::Document;
use crate::telemetry::Wake;

/// One seat more for each so many is no more than a remark.
const GRACE: u64 = 10;
/// A licence that ends sooner needs attention.
const SOON: Duration = Duration::days(30);
/// Where licences are in the console.
const PLACE: &str = "/system-settings/licence";

/// The licence, and how much of it is used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LicenceView {
    /// Counts the changes.
    pub(crate) revision: u64,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) licence: Licence,
    /// Endpoints that are enrolled.
    pub(crate) used: u64,
    pub(crate) seats_state: SeatsState,
    pub(crate) term_state: TermState,
    /// What an administrator should know, in whole sentences.
    pub(crate) warnings: Vec<String>,
}

/// Whether the seats are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeatsState {
    Enough,
    /// Up to a tenth more are used.
    InGrace,
    /// More than that.
    Over,
}

/// Whether the licence is in its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TermState {
    Running,
    /// It ends within thirty days.
    EndsSoon,
    Ended,
}

impl LicenceView {
    fn new(licence: Licence, used: u64, now: OffsetDateTime) -> Self {
        let seats = u64::from(licence.seats);
        let seats_state = if used <= seats {
            SeatsState::Enough
        } else if used <= seats + (seats / GRACE).max(1) {
            SeatsState::InGrace
        } else {
            SeatsState::Over
        };
        let term_state = match licence.expires_at {
            Some(end) if end <= now => TermState::Ended,
            Some(end) if end - now < SOON => TermState::EndsSoon,
            Some(_) | None => TermState::Running,
        };
        let mut view = Self { revision: 1, licence, used, seats_state, term_state, warnings: Vec::new() };
        view.warnings = view.attention(now).into_iter().map(|attention| attention.text).collect();
        view
    }

    /// What an administrator should see to.
    pub(super) fn attention(&self, now: OffsetDateTime) -> Vec<Attention> {
        let (used, seats) = (self.used, self.licence.seats);
        let mut found = Vec::new();
        let mut say = |urgency, text| found.push(Attention { urgency, text, place: PLACE.into() });
        match self.seats_state {
            SeatsState::Enough => {}
            SeatsState::InGrace | SeatsState::Over => {
                let urgency = if self.seats_state == SeatsState::Over { Urgency::Now } else { Urgency::Soon };
                say(
                    urgency,
                    format!(
                        "{used} endpoints are enrolled, and the licence is for {seats}. Nobody is cut off and new endpoints can \
                         still enrol; ask for more seats."
                    ),
                );
            }
        }
        match (self.term_state, self.licence.expires_at) {
            (TermState::EndsSoon, Some(end)) => {
                let days = (end - now).whole_days();
                say(
                    Urgency::Soon,
                    format!("The licence ends in {days} days. Nobody is cut off then; ask for the next one."),
                );
            }
            (TermState::Ended, _) => {
                say(
                    Urgency::Now,
                    "The licence has ended. Nobody is cut off; upload the next one.".to_owned(),
                );
            }
            (TermState::EndsSoon | TermState::Running, _) => {}
        }
        found
    }
}

impl Administration {
    /// The licence, and how much of it is used.
    pub(crate) async fn licence(&self, caller: &Caller) -> Result<LicenceView, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        let counts = self.telemetry.store.count_endpoints().await?;
        self.licence_for(counts.online + counts.offline).await
    }

    pub(super) async fn licence_for(&self, used: u64) -> Result<LicenceView, Problem> {
        let revision = self.telemetry.store.document_revision(Document::Licence).await?;
        Ok(LicenceView { revision, ..LicenceView::new(self.telemetry.licence().await?, used, self.now()) })
    }

    /// Uploads a licence file, in the place of the one that is there. Agents are told at once. With an expected revision, only if
    /// nobody else has changed the licence since.
    pub(crate) async fn upload_licence(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        text: &str,
    ) -> Result<LicenceView, Problem> {
        caller.needs_within(Scope::SettingsManage, Permission::Administer)?;
        if text.len() > MAXIMUM_LICENCE_BYTES {
            return Err(Problem::unprocessable("This is no licence file: it is too long."));
        }
        let document =
            self.telemetry.licences.read(text).map_err(|error| Problem::unprocessable(error.to_string()))?;
        let detail = json!({
            "licence": document.id,
            "holder": document.holder,
            "seats": document.seats,
            "ends": document.expires_at.map(|end| end.to_string()),
        });
        let change = caller.change(self.now(), "licence.uploaded", "licence", detail);
        let revision = self.telemetry.store.set_licence(Some(text), expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Licence);
        Ok(LicenceView { revision, ..self.licence(caller).await? })
    }

    /// Removes the licence file; the evaluation licence is in force again.
    pub(crate) async fn remove_licence(
        &self,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<LicenceView, Problem> {
        caller.needs_within(Scope::SettingsManage, Permission::Administer)?;
        if self.telemetry.store.licence_text().await?.is_none() {
            return Err(Problem::not_found("There is no licence file. The evaluation licence is in force."));
        }
        let change = caller.change(self.now(), "licence.removed", "licence", json!({}));
        let revision = self.telemetry.store.set_licence(None, expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Licence);
        Ok(LicenceView { revision, ..self.licence(caller).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_said_and_louder_beyond_the_grace() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for (seats, used, expected, urgency) in [
            (100, 0, SeatsState::Enough, None),
            (100, 100, SeatsState::Enough, None),
            (100, 101, SeatsState::InGrace, Some(Urgency::Soon)),
            (100, 110, SeatsState::InGrace, Some(Urgency::Soon)),
            (100, 111, SeatsState::Over, Some(Urgency::Now)),
            (3, 4, SeatsState::InGrace, Some(Urgency::Soon)),
            (3, 5, SeatsState::Over, Some(Urgency::Now)),
            (0, 1, SeatsState::InGrace, Some(Urgency::Soon)),
        ] {
            let licence = Licence { seats, ..Licence::evaluation() };
            let view = LicenceView::new(licence, used, now);
            let attention = view.attention(now);
            assert_eq!(view.seats_state, expected, "{used} of {seats}");
            assert_eq!(attention.first().map(|attention| attention.urgency), urgency, "{used} of {seats}");
            assert!(attention.iter().all(|attention| attention.text.contains("Nobody is cut off")));
        }
    }

    #[test]
    fn the_end_is_said_before_it_comes() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for (days, expected) in [
            (-1, TermState::Ended),
            (0, TermState::Ended),
            (29, TermState::EndsSoon),
            (31, TermState::Running),
        ] {
            let expires_at = Some(now + Duration::days(days));
            let view = LicenceView::new(Licence { expires_at, ..Licence::evaluation() }, 0, now);
            assert_eq!(view.term_state, expected, "{days}");
            assert_eq!(view.warnings.is_empty(), expected == TermState::Running);
        }
    }
}
