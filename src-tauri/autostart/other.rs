//! Windows and macOS: the installer registers the app, and their own settings switch it off (*Startup apps*, *Login
//! Items*). The app does not manage it there.

use super::{Autostart, AutostartError};

/// Not known.
#[must_use]
pub fn state() -> Autostart {
    Autostart::NotManaged
}

/// Not possible.
pub fn set(_wanted: Autostart) -> Result<(), AutostartError> {
    Err(AutostartError::NotManaged)
}
