//! Whether the clock of this computer is plausible.
//!
//! Nothing is asked of the server, which has no business before it is trusted: its certificates, which it shows in the
//! handshake, and the time at which this program was built are evidence enough.

use countersign_trust::{Assessment, Diagnosis, built_at};
use time::OffsetDateTime;

use super::facts::{ClockDirection, ClockFacts, ClockFault, Synchronisation};

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
