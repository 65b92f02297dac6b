//! The TLS handshake, within which the server's certificate is judged and the connection decided.

pub(crate) mod examination;
mod handshake;
mod verifier;

pub(crate) use handshake::{
    Connection, Judgement, Outcome, Target, attempt, plain, refuses_client_certificate, tls_reason,
};
pub(crate) use verifier::Circumstances;
