//! The SSL certificate and the built-in one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::Secret;
use countersign_trust::{
    Assessment, DEFAULT_TELEMETRY_PORT, Fingerprint, Host, ServerAddress, TrustedRoots, assess, display_text,
    summarise,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{Administration, WithWarnings};
use crate::certificate_upload::{self, ReadUpload};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{Setting, StoreError, StoredCertificate, microseconds, moment};

/// What stands for the SSL certificate in the audit.
const SUBJECT: &str = "ssl-certificate";

/// A certificate of this server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateView {
    /// SHA-256 of the server's own certificate.
    #[schema(value_type = String)]
    pub(crate) fingerprint: Fingerprint,
    /// To whom it was issued, in the words of the certificate.
    pub(crate) subject: String,
    /// The names that it is for.
    pub(crate) names: Vec<String>,
    /// To whom the certificates of the chain were issued, each the issuer of the one before; the first is the server's own.
    pub(crate) chain: Vec<String>,
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
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) uploaded_at: Option<OffsetDateTime>,
    /// Whether an agent with the roots of this computer would find it valid; none when that depends on the name of the
    /// server, which is not known.
    pub(crate) valid: Option<bool>,
    /// What an agent with the roots of this computer would find, if the name of the server is known.
    #[schema(value_type = Option<Object>)]
    pub(crate) assessment: Option<Assessment>,
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
        certificate: &ServerCertificate,
        uploaded_at: Option<OffsetDateTime>,
    ) -> CertificateView {
        let leaf = certificate.leaf();
        let own = certificate.key.cert.first().map(summarise);
        CertificateView {
            fingerprint: certificate.fingerprint,
            subject: leaf.as_ref().map(|(subject, _)| display_text(subject)).unwrap_or_default(),
            names: own.as_ref().map(|own| own.subject_alternative_names.clone()).unwrap_or_default(),
            chain: certificate.key.cert.iter().map(|one| summarise(one).subject).collect(),
            not_before: own.map(|own| own.not_before).filter(|_| leaf.is_some()),
            not_after: leaf.map(|(_, not_after)| not_after),
            served: self.certificates.current().fingerprint == certificate.fingerprint,
            uploaded_at,
            valid: self.judge(certificate).valid,
            assessment: self.assessment(&certificate.key.cert),
        }
    }

    fn assessment(&self, chain: &[CertificateDer<'_>]) -> Option<Assessment> {
        self.assess_as(self.server_name.as_ref()?, chain)
    }

    /// What an agent that connects to this host would find.
    pub(super) fn assess_as(&self, host: &Host, chain: &[CertificateDer<'_>]) -> Option<Assessment> {
        let server = ServerAddress::new(&host.to_string(), DEFAULT_TELEMETRY_PORT).ok()?;
        let seconds = u64::try_from(self.now().unix_timestamp()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let roots: std::sync::Arc<TrustedRoots> = tokio::task::block_in_place(|| self.roots.current());
        Some(tokio::task::block_in_place(|| assess(chain, &server, &roots, now)))
    }

    /// The SSL certificate, if there is one.
    pub(super) async fn ssl_certificate(
        &self,
    ) -> Result<Option<(ServerCertificate, OffsetDateTime)>, Problem> {
        let Some(kept) = self.telemetry.store.ssl_certificate().await? else { return Ok(None) };
        let certificate = ServerCertificate::from_pem(&kept.chain_pem, &kept.private_key_pem)
            .map_err(|error| Problem::conflict(error.to_string()))?;
        Ok(Some((certificate, kept.uploaded_at)))
    }

    async fn certificate_to_serve(&self) -> Result<ServerCertificate, Problem> {
        let use_ssl_certificate = self.telemetry.store.setting(Setting::UseSslCertificate).await?;
        Ok(match self.ssl_certificate().await? {
            Some((certificate, _)) if use_ssl_certificate => certificate,
            Some(_) | None => self.built_in.clone(),
        })
    }

    /// Serves what settings and certificates say, after another server of the same database has changed them.
    ///
    /// Fails when the database could not be read: then it has to be tried again.
    pub(crate) async fn follow_certificate(&self) -> Result<(), StoreError> {
        let _changing = self.changing_certificate.lock().await;
        let store = &self.telemetry.store;
        let use_ssl_certificate = store.setting(Setting::UseSslCertificate).await?;
        let kept = store.ssl_certificate().await?.filter(|_| use_ssl_certificate);
        let certificate =
            kept.map(|kept| ServerCertificate::from_pem(&kept.chain_pem, &kept.private_key_pem)).transpose();
        match certificate {
            Ok(certificate) => self.serve(certificate.unwrap_or_else(|| self.built_in.clone())),
            Err(error) => tracing::error!(%error, "another certificate is to be served, and cannot be"),
        }
        Ok(())
    }

    /// Serves what settings and certificates say. Returns what the administrator should know about it.
    pub(super) async fn serve_as_set(&self) -> Result<Vec<String>, Problem> {
        let untold = self.telemetry.store.untold();
        let certificate = self.certificate_to_serve().await?;
        // Before the sessions end: it is said how many.
        let warnings = self.warn_of_denial(&certificate).await?;
        self.serve(certificate);
        untold.told();
        Ok(warnings)
    }

    /// The SSL certificate, as administrators see it.
    pub(crate) async fn ssl_certificate_view(&self, caller: &Caller) -> Result<CertificateView, Problem> {
        self.ssl_certificate_if_any(caller).await?.ok_or_else(none)
    }

    /// The SSL certificate, if there is one.
    pub(crate) async fn ssl_certificate_if_any(
        &self,
        caller: &Caller,
    ) -> Result<Option<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let found = self.ssl_certificate().await?;
        Ok(found.map(|(certificate, uploaded_at)| self.view(&certificate, Some(uploaded_at))))
    }

    /// The built-in certificate, as administrators see it.
    pub(crate) fn built_in_view(&self, caller: &Caller) -> Result<CertificateView, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        Ok(self.view(&self.built_in, None))
    }

    /// Reads an upload where that may take its time.
    async fn read_upload(&self, uploaded: UploadedFiles) -> Result<ReadUpload, Problem> {
        let roots = self.roots.clone();
        let read = move || {
            let files: Vec<&[u8]> = uploaded.files.iter().map(|file| file.as_slice()).collect();
            certificate_upload::read(&files, uploaded.password.as_ref(), &roots.current())
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| Problem::failed(&error))?;
        read.map_err(|error| Problem::unprocessable(error.to_string()))
    }

    /// Uploads an SSL certificate, in the place of an earlier one.
    pub(crate) async fn upload_ssl_certificate(
        &self,
        caller: &Caller,
        uploaded: UploadedFiles,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let read = self.read_upload(uploaded).await?;
        let (chain_pem, private_key_pem) = (read.chain_pem(), read.private_key.to_pem());
        let certificate = ServerCertificate::from_pem(&chain_pem, &private_key_pem)
            .map_err(|error| Problem::unprocessable(error.to_string()))?;
        let _changing = self.changing_certificate.lock().await;
        // As exactly as it is kept.
        let uploaded_at = moment(microseconds(self.now()));
        let kept = StoredCertificate {
            chain_pem,
            private_key_pem,
            fingerprint: certificate.fingerprint.to_string(),
            uploaded_at,
        };
        let detail = json!({"fingerprint": kept.fingerprint});
        let change = caller.change(self.now(), "ssl_certificate.uploaded", SUBJECT, detail);
        self.telemetry.store.set_ssl_certificate(Some(&kept), change).await?;
        let denial = self.serve_as_set().await?;
        let view = self.view(&certificate, Some(uploaded_at));
        let mut warnings: Vec<String> =
            self.judge(&certificate).warning("this certificate").into_iter().collect();
        warnings.extend(read.remarks());
        if view.served {
            warnings.extend(denial);
        }
        Ok(WithWarnings::new(view, warnings))
    }

    /// Removes the SSL certificate. Not possible while it is used for endpoint control.
    pub(crate) async fn remove_ssl_certificate(&self, caller: &Caller) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let _changing = self.changing_certificate.lock().await;
        if self.telemetry.store.ssl_certificate().await?.is_none() {
            return Err(none());
        }
        if self.telemetry.store.setting(Setting::UseSslCertificate).await? {
            return Err(Problem::conflict(
                "The SSL certificate is used for endpoint control. Turn that off first, or upload another certificate.",
            ));
        }
        let change = caller.change(self.now(), "ssl_certificate.removed", SUBJECT, json!({}));
        self.telemetry.store.set_ssl_certificate(None, change).await?;
        self.serve_as_set().await?;
        Ok(())
    }
}

fn none() -> Problem {
    Problem::not_found("There is no SSL certificate. Upload one first.")
}
