//! Signing in at a provider of OpenID Connect (Core 1.0): the authorisation code flow with PKCE (RFC 7636), state and nonce, which
//! are bound to the browser by a cookie. What somebody may do follows from the claims of their ID token, at each sign-in.

mod attempt;
mod claims;
mod configuration;
mod error;
mod http;
mod provider;

pub(crate) use attempt::Attempt;
pub(crate) use configuration::OpenIdConnectSettings;
pub use configuration::{OpenIdConnectConfiguration, OpenIdConnectSettingsError, RoleClaims};
pub(crate) use error::OpenIdConnectError;
pub(crate) use provider::{ANSWER, Answer, AtProvider, OpenIdConnect};
