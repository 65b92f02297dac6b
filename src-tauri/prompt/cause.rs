//! What is probably behind an invalid certificate, in words.

use countersign_trust::{Assessment, Diagnosis};

use super::text::{date, named};

/// The likely cause to which the facts point, as whole sentences, with what to do about it.
#[must_use]
pub(super) fn likely_cause(assessment: &Assessment) -> Option<String> {
    let sentences: Vec<String> = assessment.diagnosis.iter().map(sentence).collect();
    if sentences.is_empty() { None } else { Some(sentences.join(" ")) }
}

fn sentence(diagnosis: &Diagnosis) -> String {
    match diagnosis {
        Diagnosis::ClockWrong { clock, behind, .. } => format!(
            "The clock of this computer is probably {}: it says {}. Set it right and connect again.",
            if *behind { "behind" } else { "ahead" },
            date(*clock)
        ),
        Diagnosis::CaptivePortal { issuer, .. } => format!(
            "You probably have to sign in to this network first: its sign-in page answers instead of the server \
             (certificate issued by {}). Open a web browser, sign in, and connect again.",
            named(issuer)
        ),
        Diagnosis::InspectingProxy { product, issuer } => format!(
            "{} probably inspects the connections of this computer and shows a certificate of its own, issued by {}. \
             Ask your IT department to exempt the management server.",
            named(product),
            named(issuer)
        ),
        Diagnosis::RenewalGoneWrong { same_key, same_issuer } => {
            let evidence = match (same_key, same_issuer) {
                (true, true) => "It was probably renewed: the key and the issuer are the same as before.",
                (true, false) => "It was probably renewed: the key is the same as before.",
                (false, _) => {
                    "It may have been renewed: it names the same issuer as before, though anybody can write that name."
                }
            };
            format!("{evidence} Your IT department can confirm it.")
        }
    }
}
