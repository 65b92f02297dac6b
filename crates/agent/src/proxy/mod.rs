//! The way to the server: through a proxy, as the configuration or the desktop says, or directly.
//!
//! A proxy relays bytes and is not trusted: the server's certificate is judged for the server's address, whoever relays.

mod address;
mod answer;
mod challenge;
mod connect;
mod credentials;
mod desktop;
mod destination;
mod dialer;
mod environment;
mod exceptions;
mod failure;
mod login;
mod route;
mod settings;
mod socks;
mod source;
#[cfg(test)]
#[path = "../../tests/agent/support/proxy.rs"]
mod test_proxy;

pub use address::{ProxyAddress, ProxyAddressError, ProxyScheme};
pub use credentials::{ProxyCredentials, ProxyCredentialsError};
pub use desktop::DesktopProxies;
pub(crate) use destination::Destination;
use dialer::Relayed;
pub(crate) use dialer::{DialError, Dialer, Limits};
pub use exceptions::{ExceptionError, Exceptions};
pub use failure::ProxyAuthenticationProblem;
pub(crate) use failure::{Failure, ProxyError};
pub use login::{ProxyLogin, ProxyLoginError};
pub use route::Route;
pub(crate) use settings::ProxySection;
pub use settings::ProxySettings;
pub use source::{ProposedProxy, ProposedWay, ProxySource};
