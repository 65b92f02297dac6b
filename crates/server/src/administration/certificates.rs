//! The certificates of the server: which there are, what agents would say to each, and which one is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::Secret;
use countersign_trust::{
    Assessment, ChainDigest, DEFAULT_TELEMETRY_PORT, Fingerprint, Host, ServerAddress, TrustedRoots, assess,
    summarise,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Administration;
use crate::certificate_upload;
use crate::endpoint_control::Admitted;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{CertificateSource, CertificateState, Setting, StoreError, StoredCertificate};

/// What stands for the built-in certificate in addresses: it has no identifier of its own.
pub(crate) const BUILT_IN: &str = "built-in";

/// A certificate of this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CertificateView {
    /// By which it is named in addresses: a UUID, or `built-in`.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: CertificateSource,
    /// What it is for the server; none for the built-in certificate, which is always there.
    pub(crate) state: Option<CertificateState>,
    /// SHA-256 of the server's own certificate.
    #[schema(value_type = String)]
    pub(crate) fingerprint: Fingerprint,
    /// To whom it was issued, in the words of the certificate.
    pub(crate) subject: String,
    /// The names that it is for.
    pub(crate) names: Vec<String>,
    /// To whom the certificates of the chain were issued, each the issuer of the one before; the first is the server's own.
    pub(crate) chain: Vec<String>,
    /// What there is to know about the chain, such as an issuer that is missing. Whole sentences.
    pub(crate) remarks: Vec<String>,
    /// From when on it is valid.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) not_before: Option<OffsetDateTime>,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) not_after: Option<OffsetDateTime>,
    /// Whether agents are shown it now.
    pub(crate) served: bool,
    /// By what it is shown now.
    pub(crate) in_use_by: Vec<CertificateUse>,
    /// When it was added; none for the built-in certificate.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) added_at: Option<OffsetDateTime>,
    /// When it became the SSL certificate, the last time.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) committed_at: Option<OffsetDateTime>,
    /// Whether an agent with the roots of this computer would find it valid; none when that depends on the name of the
    /// server, which is not known.
    pub(crate) valid: Option<bool>,
    /// What an agent with the roots of this computer would find, if the name of the server is known.
    #[schema(value_type = Option<Object>)]
    pub(crate) assessment: Option<Assessment>,
}

/// What shows a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateUse {
    /// The telemetry connections of agents.
    EndpointControl,
    /// The console and the API.
    Console,
}

/// A certificate with its issuers and its key: as PEM, or as a PKCS#12 file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateInput {
    /// PEM with the server's certificate and those of its issuers, in any order. The key may stand here, too.
    certificate_pem: Option<String>,
    /// PEM. May be encrypted.
    private_key_pem: Option<String>,
    /// In place of PEM: a PKCS#12 file in Base64.
    #[schema(format = Byte)]
    pkcs12: Option<String>,
    /// Opens the private key or the PKCS#12 file, if it is encrypted.
    password: Option<String>,
}

/// What was uploaded, not read yet.
#[derive(Default)]
pub(crate) struct UploadedFiles {
    pub(crate) files: Vec<Zeroizing<Vec<u8>>>,
    pub(crate) password: Option<Secret>,
}

impl TryFrom<CertificateInput> for UploadedFiles {
    type Error = Problem;

    fn try_from(input: CertificateInput) -> Result<Self, Problem> {
        let password = input.password.map(Secret::new);
        let pem = [input.certificate_pem, input.private_key_pem];
        let mut files: Vec<_> =
            pem.into_iter().flatten().map(|text| Zeroizing::new(text.into_bytes())).collect();
        if let Some(base64) = input.pkcs12.map(Zeroizing::new) {
            let file = BASE64.decode(base64.as_bytes()).map_err(|_| {
                Problem::unprocessable("The value “pkcs12” is not Base64. Send the PKCS#12 file in Base64.")
            })?;
            files.push(Zeroizing::new(file));
        }
        if files.is_empty() {
            return Err(Problem::unprocessable(
                "There is no certificate. Send “certificate_pem” and “private_key_pem”, or “pkcs12”.",
            ));
        }
        Ok(Self { files, password })
    }
}

impl Administration {
    pub(super) fn view(
        &self,
        chain: &[CertificateDer<'static>],
        kept: Option<&StoredCertificate>,
    ) -> Result<CertificateView, Problem> {
        let own = chain
            .first()
            .map(summarise)
            .ok_or_else(|| Problem::conflict("This certificate is empty. Remove it, and import it again."))?;
        let digest = ChainDigest::of(chain);
        let served = self.certificates.current().chain == digest;
        let console = self.console_certificates.current().chain == digest;
        let uses = [(served, CertificateUse::EndpointControl), (console, CertificateUse::Console)];
        let remarks = |_| {
            tokio::task::block_in_place(|| certificate_upload::remarks_about(chain, &self.roots.current()))
        };
        Ok(CertificateView {
            id: kept.map_or_else(|| BUILT_IN.to_owned(), |kept| kept.id.to_string()),
            source: kept.map_or(CertificateSource::BuiltIn, |kept| kept.source),
            state: kept.map(|kept| kept.state),
            fingerprint: own.fingerprint,
            names: own.subject_alternative_names,
            chain: chain.iter().map(|one| summarise(one).subject).collect(),
            remarks: kept.map(remarks).unwrap_or_default(),
            not_before: Some(own.not_before),
            not_after: Some(own.not_after),
            subject: own.subject,
            served,
            in_use_by: uses.into_iter().filter(|(used, _)| *used).map(|(_, by)| by).collect(),
            added_at: kept.map(|kept| kept.added_at),
            committed_at: kept.and_then(|kept| kept.committed_at),
            valid: self.judge_chain(chain).valid,
            assessment: self.server_name.as_ref().and_then(|name| self.assess_as(name, chain)),
        })
    }

    pub(super) fn view_of_kept(&self, kept: &StoredCertificate) -> Result<CertificateView, Problem> {
        let chain = ServerCertificate::chain_from_pem(&kept.chain_pem)
            .map_err(|error| Problem::conflict(error.to_string()))?;
        self.view(&chain, Some(kept))
    }

    /// What an agent that connects to this host would find.
    pub(super) fn assess_as(&self, host: &Host, chain: &[CertificateDer<'_>]) -> Option<Assessment> {
        let server = ServerAddress::new(&host.to_string(), DEFAULT_TELEMETRY_PORT).ok()?;
        let seconds = u64::try_from(self.now().unix_timestamp()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let roots: std::sync::Arc<TrustedRoots> = tokio::task::block_in_place(|| self.roots.current());
        Some(tokio::task::block_in_place(|| assess(chain, &server, &roots, now)))
    }

    /// A kept certificate with its key, ready to be shown.
    pub(super) fn open(&self, kept: &StoredCertificate) -> Result<ServerCertificate, Problem> {
        let private_key = self.telemetry.store.private_key(kept).map_err(|error| {
            tracing::error!(%error, "a private key cannot be used");
            Problem::conflict(error.to_string())
        })?;
        ServerCertificate::from_pem(&kept.chain_pem, &private_key)
            .map_err(|error| Problem::conflict(error.to_string()))
    }

    /// As [`Administration::open`]. While agents are not shown it, one that cannot be shown keeps nobody away, and the switch can be
    /// turned off: there is none then, with the reason.
    pub(super) fn open_for(
        &self,
        kept: Option<&StoredCertificate>,
        use_ssl_certificate: bool,
    ) -> Result<(Option<ServerCertificate>, Option<String>), Problem> {
        match kept.map(|kept| self.open(kept)).transpose() {
            Ok(certificate) => Ok((certificate, None)),
            Err(problem) if !use_ssl_certificate => Ok((None, Some(problem.detail().to_owned()))),
            Err(problem) => Err(problem),
        }
    }

    /// Shows what these say: the console shows the SSL certificate as soon as there is one, agents are shown it only when
    /// that is switched on.
    fn show(&self, ssl: Option<ServerCertificate>, use_ssl_certificate: bool) {
        let for_agents = ssl.clone().filter(|_| use_ssl_certificate);
        let admitted = if for_agents.is_some() { Admitted::Validating } else { Admitted::All };
        self.telemetry.admission.admit(admitted);
        self.console_certificates.switch(ssl.unwrap_or_else(|| self.built_in.clone()));
        self.serve(for_agents.unwrap_or_else(|| self.built_in.clone()));
    }

    /// Serves what settings and certificates say, after another server of the same database has changed them.
    ///
    /// Fails when the database could not be read: then it has to be tried again.
    pub(crate) async fn follow_certificate(&self) -> Result<(), StoreError> {
        let _changing = self.changing_certificate.lock().await;
        let store = &self.telemetry.store;
        let use_ssl_certificate = store.setting(Setting::UseSslCertificate).await?;
        let kept = store.ssl_certificate().await?;
        match self.open_for(kept.as_ref(), use_ssl_certificate) {
            Ok((certificate, _)) => self.show(certificate, use_ssl_certificate),
            Err(problem) => {
                let error = problem.detail();
                tracing::error!(error, "another certificate is to be served, and cannot be");
            }
        }
        Ok(())
    }

    /// Serves what settings and certificates say. Returns what the administrator should know about it.
    pub(super) async fn serve_as_set(&self) -> Result<Vec<String>, Problem> {
        let store = &self.telemetry.store;
        let untold = store.untold();
        let use_ssl_certificate = store.setting(Setting::UseSslCertificate).await?;
        let kept = store.ssl_certificate().await?;
        let (ssl, unusable) = self.open_for(kept.as_ref(), use_ssl_certificate)?;
        // Before the sessions end: it is said how many.
        let for_agents = ssl.as_ref().filter(|_| use_ssl_certificate).unwrap_or(&self.built_in);
        let mut warnings = self.warn_of_denial(for_agents).await?;
        warnings.extend(unusable);
        self.show(ssl, use_ssl_certificate);
        untold.told();
        Ok(warnings)
    }

    /// The SSL certificate, as administrators see it.
    pub(crate) async fn ssl_certificate_view(&self, caller: &Caller) -> Result<CertificateView, Problem> {
        self.ssl_certificate_if_any(caller).await?.ok_or_else(no_ssl_certificate)
    }

    /// The SSL certificate, if there is one.
    pub(crate) async fn ssl_certificate_if_any(
        &self,
        caller: &Caller,
    ) -> Result<Option<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let found = self.telemetry.store.ssl_certificate().await?;
        found.map(|kept| self.view_of_kept(&kept)).transpose()
    }

    /// The built-in certificate, as administrators see it.
    pub(crate) fn built_in_view(&self, caller: &Caller) -> Result<CertificateView, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        self.view(&self.built_in.key.cert, None)
    }
}

pub(super) fn no_ssl_certificate() -> Problem {
    Problem::not_found("There is no SSL certificate. Upload one first.")
}
