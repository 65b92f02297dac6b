//! How this server speaks to certificate authorities: HTTPS with the roots of the system or the one that an administrator has given,
//! every answer bounded in time and size.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use instant_acme::{Account, AccountBuilder, BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use thiserror::Error as ThisError;

use super::unreachable::{in_words, of_library};
use crate::served_certificate::provider;

/// How long an authority may take for one answer.
const TO_ANSWER: Duration = Duration::from_secs(30);
/// The largest answer, in bytes: a chain with many certificates has some ten thousand.
const LARGEST_ANSWER: usize = 512 * 1024;
/// More roots than this are no root of one authority.
const MOST_ROOTS: usize = 20;

/// Why no connection to a certificate authority can be prepared, or its directory not be read. Whole sentences.
#[derive(Debug, ThisError)]
pub(crate) enum DirectoryError {
    #[error(
        "“directory_root_pem” is no PEM with certificates. Give the root certificate of the directory, from BEGIN CERTIFICATE to \
         END CERTIFICATE."
    )]
    Root,
    #[error(
        "“directory_root_pem” holds more than {MOST_ROOTS} certificates. Give those that vouch for the directory."
    )]
    ManyRoots,
    #[error(
        "The directory of the certificate authority has to be an address that begins with https://, for example {}.",
        super::settings::LETS_ENCRYPT
    )]
    Address,
    #[error("TLS cannot be set up: {0}.")]
    Tls(String),
    /// Holds why, and what to do.
    #[error("{0}")]
    Unreachable(String),
    #[error("What is at this address is no directory of a certificate authority (RFC 8555): {0}.")]
    NoDirectory(String),
}

/// What a directory says about its authority (RFC 8555, section 7.1.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Directory {
    /// Only for telling a directory from something else.
    #[serde(rename = "newOrder")]
    _new_order: String,
    #[serde(default)]
    pub(crate) meta: DirectoryMeta,
}

/// What it says beside addresses.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DirectoryMeta {
    pub(crate) terms_of_service: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) external_account_required: bool,
}

/// Speaks to one certificate authority.
#[derive(Clone)]
pub(crate) struct AcmeClient {
    http: Client<HttpsConnector<HttpConnector>, BodyWrapper<Bytes>>,
}

impl AcmeClient {
    /// For an authority that the system trusts, or whose root was given.
    pub(crate) fn new(root_pem: Option<&str>) -> Result<Self, DirectoryError> {
        let tls = |error: &dyn std::error::Error| DirectoryError::Tls(error.to_string());
        let builder = HttpsConnectorBuilder::new();
        let builder = match root_pem {
            None => builder.with_provider_and_platform_verifier(provider()).map_err(|error| tls(&error))?,
            Some(pem) => builder.with_tls_config(
                ClientConfig::builder_with_provider(provider())
                    .with_safe_default_protocol_versions()
                    .map_err(|error| tls(&error))?
                    .with_root_certificates(roots(pem)?)
                    .with_no_client_auth(),
            ),
        };
        let connector = builder.https_only().enable_http1().build();
        Ok(Self { http: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// With which accounts are made and used.
    pub(crate) fn account(&self) -> AccountBuilder {
        Account::builder_with_http(Box::new(self.clone()))
    }

    /// Reads a directory.
    pub(crate) async fn directory(&self, url: &str) -> Result<Directory, DirectoryError> {
        check_address(url)?;
        let request = Request::get(url).body(BodyWrapper::default()).map_err(|_| DirectoryError::Address)?;
        let unreachable = |error: Error| {
            let what = "The directory of the certificate authority cannot be read";
            let said = of_library(what, &error).unwrap_or_else(|| in_words(what, &error));
            DirectoryError::Unreachable(said)
        };
        let mut response = self.request(request).await.map_err(unreachable)?;
        let status = response.parts.status;
        if status != StatusCode::OK {
            return Err(DirectoryError::NoDirectory(format!(
                "the answer has the status {}",
                status.as_u16()
            )));
        }
        let body = response.body.into_bytes().await.map_err(|error| unreachable(Error::Other(error)))?;
        serde_json::from_slice(&body).map_err(|error| DirectoryError::NoDirectory(error.to_string()))
    }
}

/// Only HTTPS: whoever is in between could otherwise speak for the authority.
pub(crate) fn check_address(url: &str) -> Result<(), DirectoryError> {
    let parsed = url.parse::<axum::http::Uri>().map_err(|_| DirectoryError::Address)?;
    let fits = parsed.scheme_str() == Some("https") && parsed.host().is_some_and(|host| !host.is_empty());
    if fits { Ok(()) } else { Err(DirectoryError::Address) }
}

/// The roots in a PEM text.
pub(crate) fn roots(pem: &str) -> Result<RootCertStore, DirectoryError> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| DirectoryError::Root)?;
    if certificates.len() > MOST_ROOTS {
        return Err(DirectoryError::ManyRoots);
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|_| DirectoryError::Root)?;
    }
    if roots.is_empty() { Err(DirectoryError::Root) } else { Ok(roots) }
}

impl HttpClient for AcmeClient {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let asked = self.http.request(request);
        Box::pin(async move {
            let whole = async {
                let response = asked.await.map_err(|error| Error::Other(Box::new(error)))?;
                let (parts, body) = response.into_parts();
                let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(Error::Other)?;
                Ok(BytesResponse { parts, body: Box::new(body.to_bytes()) })
            };
            tokio::time::timeout(TO_ANSWER, whole).await.unwrap_or_else(|_| {
                let seconds = TO_ANSWER.as_secs();
                let late = format!("there was no answer within {seconds} seconds");
                Err(Error::Other(io::Error::new(io::ErrorKind::TimedOut, late).into()))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_only_certificates_will_do() {
        for (url, fits) in [
            ("https://acme.example/directory", true),
            ("http://acme.example/directory", false),
            ("acme.example", false),
            ("https://", false),
            ("", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(check_address(url).is_ok(), fits, "{url}");
        }
        let root = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap().cert.pem();
        assert_eq!(roots(&root).unwrap().len(), 1);
        assert!(AcmeClient::new(Some(&root)).is_ok());
        for wrong in ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(roots(wrong), Err(DirectoryError::Root)), "{wrong}");
        }
        assert!(matches!(roots(&root.repeat(MOST_ROOTS + 1)), Err(DirectoryError::ManyRoots)));
    }
}
