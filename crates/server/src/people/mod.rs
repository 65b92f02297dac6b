//! The people who administer the server, and the programs that do it for them: who they are and what they may do.

mod caller;
mod name;
mod one_time;
mod password;
mod role;
mod scope;
mod set_up_link;
mod sign_in;

pub(crate) use caller::Caller;
pub(crate) use name::AdministratorName;
pub(crate) use one_time::OneTimeSecret;
pub(crate) use password::{NewPassword, PasswordHash, PasswordMatch, Passwords};
pub(crate) use role::{Permission, Role};
pub(crate) use scope::{Reach, Scope};
pub(crate) use set_up_link::{LinkStanding, SetUpLink};
pub(crate) use sign_in::{Credentials, SignInError, sign_in};
