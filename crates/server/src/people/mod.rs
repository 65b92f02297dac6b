//! The people who administer the server, and the programs that do it for them: who they are and what they may do.

mod caller;
mod name;
mod one_time;
mod openid_connect;
mod password;
mod role;
mod scope;
mod set_up_link;
mod sign_in;

pub(crate) use caller::Caller;
pub(crate) use name::AdministratorName;
pub(crate) use one_time::OneTimeSecret;
pub(crate) use openid_connect::{
    ANSWER, Answer, Attempt, OpenIdConnect, OpenIdConnectError, OpenIdConnectSettings,
};
pub use openid_connect::{OpenIdConnectConfiguration, OpenIdConnectSettingsError, RoleClaims};
pub(crate) use password::{NewPassword, PasswordHash, PasswordMatch, Passwords};
pub(crate) use role::{Permission, Role};
pub(crate) use scope::{Reach, Scope};
pub(crate) use set_up_link::{LinkStanding, SetUpLink};
pub(crate) use sign_in::{Credentials, SignInError, sign_in, sign_in_at_provider};
