//! What an endpoint would do if this server showed a certificate and a profile said an action: connect without a word, ask its
//! person, or stay away. Pure: no database, no clock.
//!
//! The decision itself is the one that the agent makes ([`countersign_trust::decide`]). What it rests on is what the agent has
//! found out with its own roots, clock and address; where no agent has said anything, the outcome is unknown, whatever this
//! computer would find.

mod compare;
mod comparison;
mod counts;
mod evidence;
mod foretell;
mod kept;
mod outcome;
#[cfg(test)]
mod tests;

pub(crate) use compare::{Effect, effect};
pub(crate) use comparison::{Awaited, CertificateComparison};
pub(crate) use counts::OutcomeCounts;
pub(crate) use evidence::{
    AgentKind, Connection, Evidence, Found, Judgement, Permissions, ProfileState, Rules, Source,
};
pub(crate) use foretell::{Shown, ShownKind, foretell};
pub(crate) use kept::{Reported, without_when};
pub(crate) use outcome::{Forecast, Outcome, Reason};
