//! Staged tightening: a stricter Invalid Certificate Action for ever more endpoints of a profile, ring by ring. Pure, but for the
//! task that sees to it.

pub(crate) mod course;
pub(crate) mod rings;
mod task;

pub(crate) use course::{Observation, Plan, Position, Progress, Step, StopReason, TighteningState, Unknown};
pub(crate) use task::Tightenings;
