//! Countersign agent.
