//! Why somebody cannot sign in at a provider, in words for them. Holds nothing secret of what the provider said.

use axum::http::StatusCode;
use countersign_trust::display_text;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, RequestTokenError, SignatureVerificationError,
    StandardErrorResponse,
};
use thiserror::Error;

use super::http::HttpError;
use crate::people::sign_in::waiting;
use crate::store::StoreError;

/// So many characters of what a provider says are repeated.
const MAXIMUM_REPEATED: usize = 200;

/// Why somebody cannot sign in at a provider.
#[derive(Debug, Error)]
pub(crate) enum OpenIdConnectError {
    /// The provider did not answer.
    #[error("The sign-in service does not answer: {0}. Try again later, or sign in with a password.")]
    Unreachable(String),
    /// The provider answered something else than it should.
    #[error(
        "The answer of the sign-in service cannot be used: {0}. Whoever administers it, or the section [openid_connect] of the \
         configuration of this server, has to see to that."
    )]
    Unusable(String),
    /// The provider refused.
    #[error("The sign-in service refused: {0}. Begin again, or sign in with a password.")]
    Refused(String),
    /// This browser has not begun what would end here.
    #[error(
        "This sign-in was not begun in this browser, was completed already or took longer than ten minutes. Begin again."
    )]
    NotBegunHere,
    /// Too many are on their way at the moment.
    #[error(
        "Many people are signing in at this moment. Load this page again in a few seconds, or sign in with a password."
    )]
    Busy,
    /// It was tried too often from one place.
    #[error(
        "Signing in at the sign-in service was tried too often from where you are. It is possible again in {}; load this page again \
         then, or sign in with a password.",
        waiting(*seconds)
    )]
    TooOften {
        /// How long to wait.
        seconds: i64,
    },
    /// The claims give no role.
    #[error(
        "You are signed in at the sign-in service, and it names nothing that gives you a role here. Ask whoever administers it to \
         give you one of the groups that this server knows."
    )]
    NoRole,
    /// The account is switched off.
    #[error("Your account on this server is switched off. Ask an administrator.")]
    Disabled,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a stranger has written, short enough to be repeated.
pub(super) fn repeated(text: &str) -> String {
    display_text(text).chars().take(MAXIMUM_REPEATED).collect()
}

impl OpenIdConnectError {
    /// Whether the attempt is over, so that the same answer of the provider is of no use any more.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Busy | Self::TooOften { .. } => false,
            Self::Unreachable(_)
            | Self::Unusable(_)
            | Self::Refused(_)
            | Self::NotBegunHere
            | Self::NoRole
            | Self::Disabled
            | Self::Store(_) => true,
        }
    }

    /// How it is answered.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unreachable(_) | Self::Unusable(_) => StatusCode::BAD_GATEWAY,
            Self::Refused(_) | Self::NotBegunHere => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRole | Self::Disabled => StatusCode::FORBIDDEN,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<DiscoveryError<HttpError>> for OpenIdConnectError {
    fn from(error: DiscoveryError<HttpError>) -> Self {
        match error {
            DiscoveryError::Request(error) => Self::Unreachable(error.to_string()),
            DiscoveryError::Response(_, _, said)
            | DiscoveryError::Validation(said)
            | DiscoveryError::Other(said) => Self::Unusable(repeated(&said)),
            DiscoveryError::Parse(error) => Self::Unusable(format!(
                "what it says about itself does not fit at “{}”",
                repeated(&error.path().to_string())
            )),
            DiscoveryError::UrlParse(error) => Self::Unusable(repeated(&error.to_string())),
            _ => Self::Unusable("what it says about itself cannot be understood".to_owned()),
        }
    }
}

type TokenError = RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>;

impl From<TokenError> for OpenIdConnectError {
    fn from(error: TokenError) -> Self {
        match error {
            RequestTokenError::ServerResponse(said) => {
                let code: &str = said.error().as_ref();
                let description = said.error_description().map(|text| format!(" ({})", repeated(text)));
                Self::Refused(format!("{}{}", repeated(code), description.unwrap_or_default()))
            }
            RequestTokenError::Request(error) => Self::Unreachable(error.to_string()),
            // The body may hold tokens, and is not repeated.
            RequestTokenError::Parse(error, _) => Self::Unusable(format!(
                "its answer to the code does not fit at “{}”",
                repeated(&error.path().to_string())
            )),
            RequestTokenError::Other(said) => Self::Unusable(repeated(&said)),
        }
    }
}

impl From<ClaimsVerificationError> for OpenIdConnectError {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Unusable(match error {
            ClaimsVerificationError::Expired(_) => {
                "the ID token has expired; the clocks of both must be right".to_owned()
            }
            ClaimsVerificationError::InvalidAudience(_) => {
                "the ID token is for somebody else than “client_id”".to_owned()
            }
            ClaimsVerificationError::InvalidIssuer(_) => {
                "the ID token is from somebody else than “issuer”".to_owned()
            }
            ClaimsVerificationError::InvalidNonce(_) => "the ID token belongs to another sign-in".to_owned(),
            ClaimsVerificationError::SignatureVerification(error) => match error {
                SignatureVerificationError::NoMatchingKey => {
                    "the ID token is signed with a key that it does not show".to_owned()
                }
                SignatureVerificationError::DisallowedAlg(_)
                | SignatureVerificationError::NoSignature
                | SignatureVerificationError::UnsupportedAlg(_) => {
                    "the ID token is not signed in a way that is accepted here".to_owned()
                }
                SignatureVerificationError::AmbiguousKeyId(_)
                | SignatureVerificationError::CryptoError(_)
                | SignatureVerificationError::InvalidKey(_)
                | SignatureVerificationError::Other(_)
                | _ => "the signature of the ID token is wrong".to_owned(),
            },
            ClaimsVerificationError::InvalidAuthContext(said)
            | ClaimsVerificationError::InvalidAuthTime(said)
            | ClaimsVerificationError::InvalidSubject(said)
            | ClaimsVerificationError::Unsupported(said)
            | ClaimsVerificationError::Other(said) => {
                format!("the ID token does not fit: {}", repeated(&said))
            }
            _ => "the ID token does not fit".to_owned(),
        })
    }
}
