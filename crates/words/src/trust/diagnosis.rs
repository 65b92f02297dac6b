//! The words for likely causes.

use countersign_trust::{Diagnosis, IssuerEvidence};

use crate::{Text, Words};

impl Words {
    /// The likely cause, with what to do about it: whole sentences that lead whatever else is said.
    #[must_use]
    pub fn diagnosis(&self, diagnosis: &Diagnosis) -> Text {
        match diagnosis {
            Diagnosis::ClockWrong { clock, behind: true, .. } => self.diagnosis_clock_behind(*clock),
            Diagnosis::ClockWrong { clock, behind: false, .. } => self.diagnosis_clock_ahead(*clock),
            Diagnosis::CaptivePortal { issuer, .. } => self.diagnosis_captive_portal(&self.quoted(issuer)),
            Diagnosis::InspectingProxy { product, issuer } => {
                self.diagnosis_inspecting_proxy(&self.named(product), &self.quoted(issuer))
            }
            Diagnosis::SameIssuerElsewhere { issuer, servers, evidence } => {
                let servers: Vec<Text> =
                    servers.iter().map(|server| self.named(&server.to_string())).collect();
                let (issuer, servers) = (self.quoted(issuer), self.list(&servers));
                match evidence {
                    IssuerEvidence::Key => self.diagnosis_same_issuer_elsewhere(&issuer, &servers),
                    IssuerEvidence::Name => self.diagnosis_perhaps_same_issuer_elsewhere(&issuer, &servers),
                }
            }
            Diagnosis::RenewalGoneWrong { same_key: true, same_issuer: true } => {
                self.diagnosis_renewed_by_same_issuer()
            }
            Diagnosis::RenewalGoneWrong { same_key: true, same_issuer: false } => {
                self.diagnosis_renewed_with_same_key()
            }
            // A key is proved, a name is not.
            Diagnosis::RenewalGoneWrong { same_key: false, .. } => self.diagnosis_perhaps_renewed(),
        }
    }
}
