//! Adding, committing and removing certificates.
//!
//! A certificate is added as a *candidate*: it is kept and judged, and nobody is shown it. To *commit* it makes it the SSL
//! certificate. One that agents would not find valid is only committed when whoever asks says so. The one before is kept,
//! and committing it again goes back to it.

use countersign_protocol::Secret;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::certificates::{BUILT_IN, CertificateView, UploadedFiles, no_ssl_certificate};
use super::foresight::Judgement;
use super::{Administration, WithWarnings};
use crate::certificate_upload::{self, ReadUpload};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{AddedAs, CertificateSource, CertificateState, NewCertificate, StoredCertificate};

/// How the certificate that is judged is called in sentences.
const THIS: &str = "this certificate";

/// What becomes of a certificate that agents would not find valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfNotValid {
    /// It is not committed, and what is wrong is said.
    #[default]
    Refuse,
    /// It is committed all the same: whoever asks knows what is wrong.
    Commit,
}

/// How a certificate shall be committed.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommitOptions {
    /// `commit` to commit a certificate that agents would not find valid; otherwise that is refused, with what is wrong.
    #[param(required = false, inline)]
    pub(crate) if_not_valid: IfNotValid,
}

/// A certificate with its key, as it was made or read.
#[derive(Clone, Debug)]
pub(crate) struct GivenCertificate {
    pub(crate) source: CertificateSource,
    /// PEM, the server's own certificate first, then its issuers.
    pub(crate) chain_pem: String,
    /// PEM, not encrypted.
    pub(crate) private_key_pem: Secret,
}

impl GivenCertificate {
    /// Reads it; a chain or key that cannot be shown is refused in words.
    fn read(self) -> Result<(ServerCertificate, NewCertificate), Problem> {
        let certificate = ServerCertificate::from_pem(&self.chain_pem, &self.private_key_pem)
            .map_err(|error| Problem::unprocessable(error.to_string()))?;
        let new = NewCertificate {
            source: self.source,
            chain_pem: self.chain_pem,
            private_key_pem: self.private_key_pem,
            fingerprint: certificate.fingerprint.to_string(),
        };
        Ok((certificate, new))
    }
}

impl From<&ReadUpload> for GivenCertificate {
    fn from(read: &ReadUpload) -> Self {
        Self {
            source: CertificateSource::Uploaded,
            chain_pem: read.chain_pem(),
            private_key_pem: read.private_key.to_pem(),
        }
    }
}

impl IfNotValid {
    /// Refuses what is not valid unless whoever asks knows it.
    pub(super) fn allow(self, judgement: &Judgement) -> Result<(), Problem> {
        match (self, judgement.warning(THIS)) {
            (Self::Commit, _) | (Self::Refuse, None) => Ok(()),
            (Self::Refuse, Some(warning)) => Err(Problem::conflict(format!(
                "{warning} It was not committed, and nothing has changed. To commit it all the same, confirm that: give \
                 “if_not_valid” the value “commit”."
            ))),
        }
    }
}

impl Administration {
    /// All certificates: the SSL certificate first, the built-in one last.
    pub(crate) async fn certificates(&self, caller: &Caller) -> Result<Vec<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let kept = self.telemetry.store.certificates().await?;
        let mut views = kept.iter().map(|kept| self.view_of_kept(kept)).collect::<Result<Vec<_>, _>>()?;
        views.push(self.built_in_view(caller)?);
        Ok(views)
    }

    /// One certificate, by identifier or `built-in`.
    pub(crate) async fn certificate(&self, caller: &Caller, id: &str) -> Result<CertificateView, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        if id == BUILT_IN {
            return self.built_in_view(caller);
        }
        self.view_of_kept(&self.telemetry.store.certificate(identifier(id)?).await?)
    }

    /// What one certificate is, and which are in use, as a tag; without an identifier that of the SSL certificate. Read it before
    /// the certificate.
    pub(crate) async fn certificate_tag(&self, caller: &Caller, id: Option<&str>) -> Result<String, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let id = id.filter(|id| *id != BUILT_IN).map(identifier).transpose()?;
        Ok(self.telemetry.store.tag_of_certificate(id).await?)
    }

    /// Adds a certificate as a candidate: it is judged, and nobody is shown it. One that is kept already is not added again.
    pub(crate) async fn add_certificate(
        &self,
        caller: &Caller,
        given: GivenCertificate,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let (certificate, new) = given.read()?;
        let detail = json!({"fingerprint": new.fingerprint, "source": new.source.code()});
        let change = |id: Uuid| caller.change(self.now(), "certificate.added", id.to_string(), detail);
        let store = &self.telemetry.store;
        let id = store.add_certificate(&new, AddedAs::Candidate, self.now(), change).await?;
        let view = self.view_of_kept(&store.certificate(id).await?)?;
        Ok(WithWarnings::new(view, self.judge(&certificate).warning(THIS).into_iter().collect()))
    }

    /// Adds a certificate from files, as [`Administration::add_certificate`].
    pub(crate) async fn upload_certificate(
        &self,
        caller: &Caller,
        uploaded: UploadedFiles,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let read = self.read_upload(uploaded).await?;
        let mut added = self.add_certificate(caller, (&read).into()).await?;
        added.warnings.extend(read.remarks());
        Ok(added)
    }

    /// Makes a kept certificate the SSL certificate, in the place of another one, which is kept: also the way back to an
    /// earlier one. It is shown at once, without a restart. With an expected tag, only while the certificate is what it was, and the
    /// same ones are in use.
    ///
    /// # Errors
    ///
    /// A conflict that says what is wrong, when agents would not find it valid and `if_not_valid` does not say that this is
    /// known.
    pub(crate) async fn commit_certificate(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
        if_not_valid: IfNotValid,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        let committed = self.commit_certificate_with(caller, id, expected, if_not_valid, None).await?;
        // It may be one that was held back.
        self.acme.ring();
        Ok(committed)
    }

    /// As [`Administration::commit_certificate`]; the audit says why it was done, too.
    pub(super) async fn commit_certificate_with(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
        if_not_valid: IfNotValid,
        why: Option<serde_json::Value>,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let _changing = self.changing_certificate.lock().await;
        let store = &self.telemetry.store;
        let kept = store.certificate(id).await?;
        // What cannot be shown is not committed.
        let certificate = self.open(&kept)?;
        let judgement = self.judge(&certificate);
        if_not_valid.allow(&judgement)?;
        let action = match kept.state {
            CertificateState::Previous => "ssl_certificate.rolled_back",
            CertificateState::Candidate | CertificateState::Committed => "ssl_certificate.committed",
        };
        let mut detail = committed(&kept.fingerprint, kept.source, &judgement);
        if let Some(why) = why {
            detail["by_itself"] = why;
        }
        let change = caller.change(self.now(), action, id.to_string(), detail);
        store.commit_certificate(id, expected, change).await?;
        self.committed(id, &judgement, Vec::new()).await
    }

    /// Adds a certificate from files and commits it. What is refused is not kept. With an expected tag, only while the same
    /// certificate is the SSL certificate.
    pub(crate) async fn upload_ssl_certificate(
        &self,
        caller: &Caller,
        uploaded: UploadedFiles,
        expected: Option<&str>,
        if_not_valid: IfNotValid,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let read = self.read_upload(uploaded).await?;
        let (certificate, new) = GivenCertificate::from(&read).read()?;
        let judgement = self.judge(&certificate);
        if_not_valid.allow(&judgement)?;
        let _changing = self.changing_certificate.lock().await;
        let detail = committed(&new.fingerprint, new.source, &judgement);
        let change = |id: Uuid| caller.change(self.now(), "ssl_certificate.uploaded", id.to_string(), detail);
        let store = &self.telemetry.store;
        let added_as = AddedAs::SslCertificate { instead_of: expected };
        let id = store.add_certificate(&new, added_as, self.now(), change).await?;
        self.committed(id, &judgement, read.remarks()).await
    }

    /// Shows what was committed, and says what there is to know about it.
    async fn committed(
        &self,
        id: Uuid,
        judgement: &Judgement,
        remarks: Vec<String>,
    ) -> Result<WithWarnings<CertificateView>, Problem> {
        let denial = self.serve_as_set().await?;
        // Those of former certificates that were removed are over.
        self.telemetry.rehearsals.have_changed();
        let view = self.view_of_kept(&self.telemetry.store.certificate(id).await?)?;
        let mut warnings: Vec<String> = judgement.warning(THIS).into_iter().chain(remarks).collect();
        if view.served {
            warnings.extend(denial);
        }
        Ok(WithWarnings::new(view, warnings))
    }

    /// Removes a certificate that nothing shows, and its key. With an expected tag, only while it is what it was.
    pub(crate) async fn remove_certificate(
        &self,
        caller: &Caller,
        id: &str,
        expected: Option<&str>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        if id == BUILT_IN {
            return Err(Problem::conflict("The built-in certificate is part of the server and stays."));
        }
        let _changing = self.changing_certificate.lock().await;
        let kept = self.telemetry.store.certificate(identifier(id)?).await?;
        if kept.state == CertificateState::Committed {
            return Err(Problem::conflict(
                "This is the SSL certificate, which is in use. Commit another certificate first, or remove the SSL certificate \
                 (DELETE /ssl-certificate).",
            ));
        }
        self.remove(caller, &kept, expected, "certificate.removed").await
    }

    /// Removes the SSL certificate, so that there is none. Not possible while it is used for endpoint control. With an expected tag,
    /// only while it is the same one.
    pub(crate) async fn remove_ssl_certificate(
        &self,
        caller: &Caller,
        expected: Option<&str>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let _changing = self.changing_certificate.lock().await;
        let kept = self.telemetry.store.ssl_certificate().await?.ok_or_else(no_ssl_certificate)?;
        self.remove(caller, &kept, expected, "ssl_certificate.removed").await?;
        self.serve_as_set().await?;
        Ok(())
    }

    async fn remove(
        &self,
        caller: &Caller,
        kept: &StoredCertificate,
        expected: Option<&str>,
        action: &'static str,
    ) -> Result<(), Problem> {
        let detail = json!({"fingerprint": kept.fingerprint});
        let change = caller.change(self.now(), action, kept.id.to_string(), detail);
        self.telemetry.store.remove_certificate(kept.id, expected, change).await?;
        self.telemetry.rehearsals.have_changed();
        Ok(())
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
}

/// What the audit says about a certificate that is committed.
fn committed(fingerprint: &str, source: CertificateSource, judgement: &Judgement) -> serde_json::Value {
    json!({"fingerprint": fingerprint, "source": source.code(), "valid": judgement.valid})
}

pub(super) fn identifier(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| {
        Problem::bad_request(format!(
            "“{}” is not an id; GET /api/v1/certificates lists them.",
            countersign_trust::display_text(&id.chars().take(60).collect::<String>())
        ))
    })
}
