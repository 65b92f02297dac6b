//! The provider: what it says about itself is kept for a while, people are sent to it, and what they come back with is redeemed.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use countersign_trust::OperatingSystemRoots;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _,
};
use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::attempt::Attempt;
use super::claims::{FurtherClaims, name};
use super::configuration::{OpenIdConnectConfiguration, OpenIdConnectSettingsError};
use super::error::{OpenIdConnectError, repeated};
use super::http::HttpClient;
use crate::clock::Clock;
use crate::people::{AdministratorName, Role};
use crate::store::ProviderIdentity;
use crate::telemetry::Newcomers;

/// The page to which the provider sends people back.
pub(crate) const ANSWER: &str = "/sign-in/openid-connect/answer";
/// How long what the provider says about itself is kept.
const KEPT: time::Duration = time::Duration::hours(1);
/// A key that is not known makes this server ask again, but not more often.
const ASKED_AGAIN_AFTER: time::Duration = time::Duration::minutes(1);
/// How long all of it may take; a request to this server may take a little longer.
const IN_ALL: Duration = Duration::from_secs(25);
/// The provider is asked for so many people at a time. Who only pretends to come from it costs a question to it, too.
const AT_A_TIME: usize = 16;
/// It is asked so often a minute because of one network, and as often at once.
const FROM_ONE_NETWORK: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);
/// The longest identifier of a person (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;
/// How an ID token may be signed: with a key that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type TokenFields = IdTokenFields<
    FurtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type ProviderClient = Client<
    FurtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

type Claims = IdTokenClaims<FurtherClaims, CoreGenderClaim>;

/// What a provider has sent somebody back with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    code: String,
    state: String,
    /// Who says so (RFC 9207), for those who use several providers.
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Somebody who has signed in at the provider.
#[derive(Debug)]
pub(crate) enum AtProvider {
    /// The claims give them a role.
    WithRole { identity: ProviderIdentity, name: AdministratorName, role: Role },
    /// They give none.
    WithoutRole(ProviderIdentity),
}

/// What a provider says about itself.
struct Known {
    metadata: CoreProviderMetadata,
    http: HttpClient,
    at: time::OffsetDateTime,
}

/// The provider at which people can sign in.
pub(crate) struct OpenIdConnect {
    configuration: OpenIdConnectConfiguration,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    roots: Arc<OperatingSystemRoots>,
    clock: Arc<dyn Clock>,
    known: std::sync::Mutex<Option<Arc<Known>>>,
    /// Whoever finds out what the provider says about itself; the others wait.
    finding_out: Mutex<()>,
    turns: Semaphore,
    /// Until the provider has said who they are, people are strangers.
    strangers: Newcomers,
}

impl OpenIdConnect {
    /// Prepares it; the provider is asked when somebody wants to sign in.
    pub(crate) fn new(
        configuration: OpenIdConnectConfiguration,
        console: &str,
        roots: Arc<OperatingSystemRoots>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenIdConnectSettingsError> {
        let issuer = IssuerUrl::new(configuration.issuer.clone())
            .map_err(|_| OpenIdConnectSettingsError::Issuer(configuration.issuer.clone()))?;
        let redirect = RedirectUrl::new(format!("{console}{ANSWER}"))
            .map_err(|_| OpenIdConnectSettingsError::Console(console.to_owned()))?;
        Ok(Self {
            configuration,
            issuer,
            redirect,
            roots,
            clock,
            known: std::sync::Mutex::default(),
            finding_out: Mutex::default(),
            turns: Semaphore::new(AT_A_TIME),
            strangers: Newcomers::new(FROM_ONE_NETWORK),
        })
    }

    /// What the button says.
    pub(crate) fn name(&self) -> &str {
        &self.configuration.name
    }

    /// Where to send somebody, with the attempt that their browser has to keep: here, nothing is kept of it.
    pub(crate) async fn begin(
        &self,
        next: &str,
        peer: IpAddr,
    ) -> Result<(String, Attempt), OpenIdConnectError> {
        let attempt = Attempt::begin(next, self.clock.now())?;
        let known = if let Some(known) = self.kept(KEPT) {
            known
        } else {
            let _turn = self.admit(peer)?;
            in_time(self.known(KEPT)).await?
        };
        let verifier = PkceCodeVerifier::new(attempt.verifier());
        let (state, nonce) = (CsrfToken::new(attempt.state()), Nonce::new(attempt.nonce()));
        let client = self.client(&known);
        let (address, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(self.configuration.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        if address.scheme() != "https" {
            return Err(OpenIdConnectError::Unusable(
                "its sign-in page is not at an https:// address".to_owned(),
            ));
        }
        Ok((address.to_string(), attempt))
    }

    /// Who somebody is that the provider has sent back, and what they may do.
    pub(crate) async fn finish(
        &self,
        attempt: &Attempt,
        answer: Answer,
        peer: IpAddr,
    ) -> Result<AtProvider, OpenIdConnectError> {
        // What does not belong to an attempt of this browser is not even repeated.
        if !attempt.has_state(&answer.state)
            || answer.iss.is_some_and(|issuer| issuer != self.issuer.as_str())
        {
            return Err(OpenIdConnectError::NotBegunHere);
        }
        if let Some(error) = answer.error {
            let description = answer.error_description.map(|text| format!(" ({})", repeated(&text)));
            let said = format!("{}{}", repeated(&error), description.unwrap_or_default());
            return Err(OpenIdConnectError::Refused(said));
        }
        let _turn = self.admit(peer)?;
        in_time(self.redeem(attempt, answer.code)).await
    }

    /// Lets somebody have the provider asked, if there is room: nobody waits, and a place is not used up for nothing.
    fn admit(&self, peer: IpAddr) -> Result<SemaphorePermit<'_>, OpenIdConnectError> {
        let turn = self.turns.try_acquire().map_err(|_| OpenIdConnectError::Busy)?;
        let admitted = self.strangers.admit(peer, self.clock.now());
        admitted.map_err(|much| OpenIdConnectError::TooOften {
            seconds: much.retry_after.whole_seconds().saturating_add(1),
        })?;
        Ok(turn)
    }

    async fn redeem(&self, attempt: &Attempt, code: String) -> Result<AtProvider, OpenIdConnectError> {
        let known = self.known(KEPT).await?;
        let client = self.client(&known);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| OpenIdConnectError::Unusable("it names no address for codes".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()));
        let response = request.request_async(&known.http).await?;
        let Some(token) = response.id_token() else {
            return Err(OpenIdConnectError::Unusable("it has sent no ID token".to_owned()));
        };
        let nonce = Nonce::new(attempt.nonce());
        let now = SystemTime::from(self.clock.now());
        let verified = |client: &ProviderClient| {
            let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(|| now.into());
            token.claims(&verifier, &nonce).cloned()
        };
        let claims = match verified(&client) {
            // It may have another key by now.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let known = self.known(ASKED_AGAIN_AFTER).await?;
                verified(&self.client(&known))
            }
            other => other,
        }?;
        self.person(&claims)
    }

    fn person(&self, claims: &Claims) -> Result<AtProvider, OpenIdConnectError> {
        let subject = claims.subject().as_str();
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT || subject.contains(char::is_control) {
            return Err(OpenIdConnectError::Unusable("the person has no identifier that fits".to_owned()));
        }
        let identity = ProviderIdentity { issuer: self.issuer.to_string(), subject: subject.to_owned() };
        let Some(role) = claims.additional_claims().role(&self.configuration.roles) else {
            return Ok(AtProvider::WithoutRole(identity));
        };
        let called = [
            claims.preferred_username().map(|name| name.as_str()),
            claims.email().map(|email| email.as_str()),
            Some(subject),
        ];
        let Some(name) = name(called) else {
            return Err(OpenIdConnectError::Unusable("the person has no name that fits".to_owned()));
        };
        Ok(AtProvider::WithRole { identity, name, role })
    }

    fn client(&self, known: &Known) -> ProviderClient {
        let configuration = &self.configuration;
        let secret = configuration.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let client = ProviderClient::from_provider_metadata(
            known.metadata.clone(),
            ClientId::new(configuration.client_id.clone()),
            secret,
        );
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let only_in_body = methods.is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let how = if only_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        client.set_redirect_uri(self.redirect.clone()).set_auth_type(how)
    }

    /// What the provider says about itself, as it is kept, not older than this.
    fn kept(&self, age: time::Duration) -> Option<Arc<Known>> {
        let now = self.clock.now();
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|known| (known.at..known.at + age).contains(&now)).map(Arc::clone)
    }

    /// What the provider says about itself, not older than this.
    async fn known(&self, age: time::Duration) -> Result<Arc<Known>, OpenIdConnectError> {
        if let Some(known) = self.kept(age) {
            return Ok(known);
        }
        let _alone = self.finding_out.lock().await;
        // Somebody may have found it out meanwhile.
        if let Some(known) = self.kept(age) {
            return Ok(known);
        }
        let now = self.clock.now();
        let http = self.http()?;
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &http).await?;
        let known = Arc::new(Known { metadata, http, at: now });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }

    fn http(&self) -> Result<HttpClient, OpenIdConnectError> {
        let limit = self.configuration.time_limit;
        let client = if let Some(roots) = &self.configuration.roots {
            HttpClient::new(roots.iter().cloned(), limit)
        } else {
            let roots = tokio::task::block_in_place(|| self.roots.current());
            HttpClient::new(roots.certificates().map(|root| CertificateDer::from(root.as_ref())), limit)
        };
        client.map_err(|error| OpenIdConnectError::Unusable(error.to_string()))
    }
}

async fn in_time<T>(
    work: impl Future<Output = Result<T, OpenIdConnectError>>,
) -> Result<T, OpenIdConnectError> {
    let slow =
        || OpenIdConnectError::Unreachable(format!("it took longer than {} seconds", IN_ALL.as_secs()));
    tokio::time::timeout(IN_ALL, work).await.unwrap_or_else(|_| Err(slow()))
}
