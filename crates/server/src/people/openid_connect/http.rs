//! Asks a provider over HTTPS. An answer has a limit in time and in size, and leads nowhere else.

use std::error::Error as _;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use thiserror::Error;

use crate::served_certificate::provider;

/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("{host} has not answered within {} seconds", limit.as_secs())]
    Slow { host: String, limit: Duration },
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    #[error("the answer of {host} is longer than {LONGEST_ANSWER} bytes")]
    TooLong { host: String },
    #[error("the answer of {host} did not arrive as a whole: {reason}")]
    Broken { host: String, reason: String },
}

/// Asks over HTTPS, with a connection for each request. Redirects are not followed.
#[derive(Debug)]
pub(super) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limit: Duration,
}

impl HttpClient {
    /// With the roots that count. Those that cannot be read are left out.
    pub(super) fn new<'root>(
        roots: impl IntoIterator<Item = CertificateDer<'root>>,
        limit: Duration,
    ) -> Result<Self, rustls::Error> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let tls = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, limit })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().host().unwrap_or("the provider").to_owned();
        let slow = HttpError::Slow { host: host.clone(), limit: self.limit };
        tokio::time::timeout(self.limit, self.exchange(host, request)).await.unwrap_or(Err(slow))
    }

    async fn exchange(&self, host: String, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => return Err(HttpError::Unreachable { host, reason: root_cause(&error) }),
        };
        let (parts, body) = response.into_parts();
        match Limited::new(body, LONGEST_ANSWER).collect().await {
            Ok(body) => Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec())),
            Err(error) if error.is::<LengthLimitError>() => Err(HttpError::TooLong { host }),
            Err(error) => Err(HttpError::Broken { host, reason: error.to_string() }),
        }
    }
}

/// What is at the bottom: the layers above say only that a request failed.
fn root_cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause = error.source();
    let mut said = error.to_string();
    while let Some(found) = cause {
        said = found.to_string();
        cause = found.source();
    }
    said
}

impl<'client> AsyncHttpClient<'client> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'client>>;

    fn call(&'client self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
