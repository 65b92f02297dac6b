//! What the form for a certificate sent: files, pasted text and a password.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_protocol::Secret;
use zeroize::Zeroizing;

use super::page::problem_page;
use crate::administration::certificates::UploadedFiles;
use crate::certificate_upload::{MAXIMUM_UPLOAD_BYTES, UploadError};
use crate::problem::Problem;
use crate::web::MAXIMUM_IGNORED_BYTES;

/// Fields at most.
const MAXIMUM_FIELDS: usize = 100;

/// The fields of the form.
pub(super) struct UploadForm {
    pub(super) uploaded: UploadedFiles,
    /// What was pasted as the certificate, to be shown again.
    pub(super) chain: String,
}

/// Why the form cannot be taken.
enum FormError {
    TooLarge,
    Unreadable(MultipartError),
}

impl From<MultipartError> for FormError {
    fn from(error: MultipartError) -> Self {
        Self::Unreadable(error)
    }
}

impl<S: Send + Sync> FromRequest<S> for UploadForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let refused = |status, detail: String| problem_page(&Problem::with_status(status, detail));
        let unreadable = |detail: String| format!("The form cannot be read: {detail}.");
        let multipart = Multipart::from_request(request, state)
            .await
            .map_err(|rejection| refused(rejection.status(), unreadable(rejection.body_text())))?;
        read(multipart).await.map_err(|error| match error {
            FormError::TooLarge => refused(StatusCode::PAYLOAD_TOO_LARGE, UploadError::TooLarge.to_string()),
            FormError::Unreadable(error) => refused(error.status(), unreadable(error.body_text())),
        })
    }
}

async fn read(mut multipart: Multipart) -> Result<UploadForm, FormError> {
    let mut form = UploadForm { uploaded: UploadedFiles::default(), chain: String::new() };
    let mut taken = 0;
    let mut fields = 0;
    while let Some(mut field) = multipart.next_field().await? {
        fields += 1;
        let content = content(&mut field, &mut taken).await?;
        if taken > MAXIMUM_UPLOAD_BYTES || fields > MAXIMUM_FIELDS {
            continue;
        }
        match field.name() {
            Some("password") if !content.is_empty() => {
                form.uploaded.password = Some(Secret::new(String::from_utf8_lossy(&content).into_owned()));
            }
            Some("certificate_pem") => {
                form.chain = String::from_utf8_lossy(&content).into_owned();
                form.uploaded.files.push(content);
            }
            Some("private_key_pem" | "files") => form.uploaded.files.push(content),
            Some(_) | None => {}
        }
    }
    if taken > MAXIMUM_UPLOAD_BYTES || fields > MAXIMUM_FIELDS {
        return Err(FormError::TooLarge);
    }
    Ok(form)
}

/// What is in a field. Beyond the limit nothing is kept.
async fn content(field: &mut Field<'_>, taken: &mut usize) -> Result<Zeroizing<Vec<u8>>, FormError> {
    let mut content = Zeroizing::new(Vec::new());
    while let Some(chunk) = field.chunk().await? {
        *taken = taken.saturating_add(chunk.len());
        if *taken > MAXIMUM_IGNORED_BYTES {
            return Err(FormError::TooLarge);
        }
        if *taken <= MAXIMUM_UPLOAD_BYTES {
            content.extend_from_slice(&chunk);
        }
    }
    Ok(content)
}
