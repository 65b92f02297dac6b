//! Whether the clock of this computer is plausible.
//!
//! Nothing is asked of the server, which has no business before it is trusted: its certificates, which it shows in the
//! handshake, and the time at which this program was built are evidence enough.

use countersign_trust::{Assessment, Diagnosis, built_at};
use time::OffsetDateTime;

use super::desktop_facts::{ClockDirection, ClockFacts, ClockFault, Synchronisation};

/// What the program itself knows.
pub(super) fn before_build(clock: OffsetDateTime) -> Result<(), ClockFault> {
    let built = built_at();
    if clock < built { Err(ClockFault::BeforeBuild { clock, built }) } else { Ok(()) }
}

/// What the server's certificates say about it.
pub(super) fn examine(
    clock: OffsetDateTime,
    assessment: Option<&Assessment>,
    synchronised: Synchronisation,
) -> Result<ClockFacts, ClockFault> {
    before_build(clock)?;
    let contradiction =
        assessment.iter().flat_map(|assessment| &assessment.diagnosis).find_map(|diagnosis| {
            if let Diagnosis::ClockWrong { clock, evidence, behind } = diagnosis {
                let direction = if *behind { ClockDirection::Behind } else { ClockDirection::Ahead };
                Some(ClockFault::ContradictsCertificates { clock: *clock, evidence: *evidence, direction })
            } else {
                None
            }
        });
    contradiction.map_or(Ok(ClockFacts { clock, synchronised }), Err)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn the_certificates_speak_against_a_clock_in_both_directions() {
        let clock = built_at() + Duration::DAY;
        for (behind, direction) in [(true, ClockDirection::Behind), (false, ClockDirection::Ahead)] {
            let evidence = clock + if behind { Duration::WEEK } else { -Duration::WEEK };
            let assessment = Assessment {
                server: "a.example".parse().unwrap(),
                certificate: None,
                fingerprint: None,
                chain_digest: None,
                problems: Vec::new(),
                advice: Vec::new(),
                chain: Vec::new(),
                diagnosis: vec![Diagnosis::ClockWrong { clock, evidence, behind }],
            };
            let found = examine(clock, Some(&assessment), Synchronisation::Unknown);
            assert_eq!(found, Err(ClockFault::ContradictsCertificates { clock, evidence, direction }));
        }
        assert!(examine(clock, None, Synchronisation::Unknown).is_ok());
        assert!(examine(built_at() - Duration::SECOND, None, Synchronisation::Unknown).is_err());
    }
}
