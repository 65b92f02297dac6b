//! Who may use the HTTPS port, and what the HTTP port does beside answering certificate authorities.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::administration::Administration;
use crate::console;
use crate::problem::Problem;
use crate::store::{Setting, Store, StoreError};

/// Monitoring and load balancers, which may pass telemetry on too, are told whether the server works.
const ALWAYS: [&str; 2] = ["/health", "/api/v1/health"];

/// The two switches of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HttpsAccess {
    remote: bool,
    redirect: bool,
}

impl HttpsAccess {
    /// As the switches stand in the database.
    pub(crate) async fn read(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            remote: store.setting(Setting::RemoteHttpsAccess).await?,
            redirect: store.setting(Setting::RedirectHttp).await?,
        })
    }

    /// *Remote HTTPS access*: not only this computer may use the HTTPS port.
    pub(crate) fn is_remote(self) -> bool {
        self.remote
    }

    /// *Redirect HTTP request to HTTPS*.
    pub(crate) fn redirects(self) -> bool {
        self.redirect
    }
}

/// The switches as this server heeds them, without asking the database for every request.
#[derive(Clone, Debug)]
pub(crate) struct AccessSwitches(Arc<RwLock<HttpsAccess>>);

impl AccessSwitches {
    pub(crate) fn new(first: HttpsAccess) -> Self {
        Self(Arc::new(RwLock::new(first)))
    }

    pub(crate) fn current(&self) -> HttpsAccess {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, next: HttpsAccess) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// Keeps out whoever is elsewhere, when *Remote HTTPS access* is off.
pub(super) async fn keep_out(
    State(administration): State<Arc<Administration>>,
    request: Request,
    next: Next,
) -> Response {
    if administration.access.current().is_remote() || ALWAYS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if peer.is_some_and(|ConnectInfo(peer)| is_here(*peer)) {
        return next.run(request).await;
    }
    let problem = Problem::forbidden(
        "Remote HTTPS access is off: console and API can be used at the server's own computer only. Sign in there, or through \
         a tunnel to it, to turn it on.",
    );
    if request.uri().path().starts_with("/api/") || request.uri().path() == "/metrics" {
        problem.into_response()
    } else {
        console::problem_page(&problem)
    }
}

/// Whether somebody is at this computer.
fn is_here(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_here() {
        for (peer, here) in [
            ("127.0.0.1:1", true),
            ("127.8.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.0.2.1:1", false),
            ("[::ffff:192.0.2.1]:1", false),
            ("[2001:db8::1]:1", false),
            ("[fe80::1]:1", false),
            ("0.0.0.0:1", false),
        ] {
            assert_eq!(is_here(peer.parse().unwrap()), here, "{peer}");
        }
    }
}
