//! What is foretold, in words.

use countersign_words::Words;

use crate::counted::endpoints;
use crate::forecast::{Forecast, Outcome, OutcomeCounts, Reason};

/// What an outcome is called on pages.
pub(crate) fn outcome_title(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::ConnectsSilently => "Connect silently",
        Outcome::Asked => "Would be asked",
        Outcome::CutOff => "Would be cut off",
        Outcome::Unknown => "Not known",
    }
}

/// The counts in one sentence.
pub(crate) fn summary(counts: OutcomeCounts) -> String {
    let parts = [
        (counts.connects_silently, "connect silently", "connects silently"),
        (counts.asked, "would be asked", "would be asked"),
        (counts.cut_off, "would be cut off", "would be cut off"),
        (counts.unknown, "cannot be foretold", "cannot be foretold"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, many, one)| format!("{} {}", endpoints(number), if number == 1 { one } else { many }))
        .collect();
    if said.is_empty() { "No endpoint is concerned.".to_owned() } else { format!("{}.", said.join(", ")) }
}

/// Why, in a whole sentence.
pub(super) fn because(forecast: &Forecast) -> String {
    let sentence = match forecast.reason {
        Reason::Valid => "The certificate is valid there.",
        Reason::Remembered => "It is not valid there; the person has allowed exactly this certificate.",
        Reason::Announced => "It is not valid there; it was announced, and follows the one that was allowed.",
        Reason::AllowedByProfile => "The profile allows any certificate.",
        Reason::DeniedByProfile => "It is not valid there, and the profile says Deny.",
        Reason::Revoked => "It has been revoked by its issuer; nobody can allow it.",
        Reason::NotAllowed => "It is not valid there, and the person has not allowed it.",
        Reason::AnotherAllowed => "It is not valid there, and the person has allowed another certificate.",
        Reason::MoreWrong => {
            "The person has allowed it, and there is more wrong with it than there was then."
        }
        Reason::TooOld => "The agent is too old to validate certificates.",
        Reason::TakesBuiltIn => "The agent is too old to validate certificates, and takes the built-in one.",
        Reason::NotJudged => {
            "No judgement of this certificate by the agent is known here. A rehearsal would tell."
        }
        Reason::OutOfDate => "The agent judged it before it became valid or expired. A rehearsal would tell.",
        Reason::PermissionsNotReported => {
            "It is not valid there, and the agent has not said what its person has allowed."
        }
        Reason::PermissionUnclear => {
            "It is not valid there, and only the agent knows whether what was allowed would still count."
        }
        Reason::ActionNotReported => "Which action the agent has in force is not known.",
        Reason::ForeignAgent => {
            "It is no agent of Countersign, and does not say that it validates certificates."
        }
    };
    if forecast.problems.is_empty() {
        return sentence.to_owned();
    }
    let kinds = Words::english().problem_kinds(&forecast.problems);
    format!("{sentence} What it finds: {kinds}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_here_is_not_said_never_to_have_been() {
        let sentence = because(&Forecast {
            outcome: Outcome::Unknown,
            reason: Reason::NotJudged,
            problems: [].into(),
            answered_at: None,
        });
        assert_eq!(
            sentence,
            "No judgement of this certificate by the agent is known here. A rehearsal would tell."
        );
    }

    #[test]
    fn counts_are_said_in_one_sentence() {
        let counts = |connects_silently, asked, cut_off, unknown| OutcomeCounts {
            connects_silently,
            asked,
            cut_off,
            unknown,
        };
        for (counts, expected) in [
            (counts(0, 0, 0, 0), "No endpoint is concerned."),
            (counts(1, 0, 0, 0), "1 endpoint connects silently."),
            (
                counts(20, 1, 2, 3),
                "20 endpoints connect silently, 1 endpoint would be asked, 2 endpoints would be cut off, 3 endpoints cannot be \
                 foretold.",
            ),
        ] {
            assert_eq!(summary(counts), expected);
        }
    }
}
