//! Whether the person wants no interruptions. There is no common word for it; one file for each kind.

pub(super) mod desktop_settings;
pub(super) mod notification_server;
pub(super) mod xfce;
