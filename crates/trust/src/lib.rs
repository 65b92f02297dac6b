//! Countersign trust.
