//! What administrators do: everything that the API and the console offer, once. Each function checks that the caller may.

pub(crate) mod api_tokens;
pub(crate) mod audit;
mod automated_attention;
pub(crate) mod automated_certificate;
mod automated_input;
mod automation_facts;
pub(crate) mod certificate_inventory;
pub(crate) mod certificates;
pub(crate) mod commands;
pub(crate) mod decisions;
pub(crate) mod endpoints;
pub(crate) mod enrolment_tokens;
mod foresight;
pub(crate) mod groups;
pub(crate) mod history;
mod https_access;
pub(crate) mod issued_certificate;
pub(crate) mod licence;
mod monitoring;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod pre_flight;
pub(crate) mod profile_groups;
pub(crate) mod profile_versions;
pub(crate) mod profiles;
pub(crate) mod recovery;
pub(crate) mod rehearsals;
pub(crate) mod servers;
pub(crate) mod settings;
mod tightening_input;
mod tightening_words;
pub(crate) mod tightenings;
pub(crate) mod upgrade_path;

use std::net::SocketAddr;
use std::sync::Arc;

use countersign_trust::{Host, OperatingSystemRoots, ServerAddress};
use time::OffsetDateTime;

pub(crate) use foresight::WithWarnings;

pub(crate) use crate::store::Intent;

use crate::acme::AcmeBell;
use crate::people::{OpenIdConnect, Passwords, SetUpLink};
use crate::served_certificate::{CertificateSwitch, ServerCertificate, Switched};
use crate::telemetry::{CloseReason, Telemetry};
use crate::web::{AccessSwitches, HttpPort};

/// What the functions share.
pub(crate) struct Administration {
    pub(crate) telemetry: Arc<Telemetry>,
    /// What agents are shown.
    pub(crate) certificates: Arc<CertificateSwitch>,
    /// What the console and the API show.
    pub(crate) console_certificates: Arc<CertificateSwitch>,
    pub(crate) built_in: ServerCertificate,
    pub(crate) server_name: Option<Host>,
    /// Where this server listens, by which administrators tell it from others of the same database.
    pub(crate) address: String,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) passwords: Passwords,
    pub(crate) set_up_link: SetUpLink,
    /// Where people can sign in instead of with a password, if anywhere.
    pub(crate) openid_connect: Option<OpenIdConnect>,
    pub(crate) roots: Arc<OperatingSystemRoots>,
    /// Held while the certificate or the setting that uses it is changed, so that what is shown is what was kept last.
    pub(crate) changing_certificate: tokio::sync::Mutex<()>,
    /// Held while all endpoints are foretold.
    pub(crate) walks: tokio::sync::Semaphore,
    /// Wakes what orders certificates from authorities.
    pub(crate) acme: AcmeBell,
    /// Who may use the HTTPS port, and what the HTTP port does.
    pub(crate) access: AccessSwitches,
    /// How it stands with the HTTP port, and where the HTTPS port is.
    pub(crate) http: HttpPort,
    pub(crate) https: SocketAddr,
    /// The port on which agents reach this server, unless something in front of it has another one.
    pub(crate) telemetry_port: u16,
}

impl Administration {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.telemetry.clock.now()
    }

    /// Where agents reach this server, as far as it can tell itself; none when its name is not set.
    pub(crate) fn reached_at(&self) -> Option<ServerAddress> {
        ServerAddress::new(&self.server_name.as_ref()?.to_string(), self.telemetry_port).ok()
    }

    /// Shows another certificate from now on. Live telemetry connections are ended, so that every agent judges it.
    fn serve(&self, certificate: ServerCertificate) {
        let fingerprint = certificate.fingerprint;
        if self.certificates.switch(certificate) == Switched::Changed {
            let connections = self.telemetry.presence.count();
            tracing::info!(%fingerprint, connections, "the served certificate has changed; agents connect again");
            self.telemetry.presence.send_all_away(CloseReason::CertificateChanged);
        }
    }
}
