//! The environment variables that say something about the desktop. No others are looked at.

/// Shown with their values.
const SHOWN: [&str; 24] = [
    "COUNTERSIGN_LOG",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "GDK_BACKEND",
    "GDK_SCALE",
    "GTK_THEME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "LC_TIME",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TZ",
    "WAYLAND_DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_CLASS",
    "XDG_SESSION_DESKTOP",
    "XDG_SESSION_TYPE",
    "XDG_STATE_HOME",
    "XDG_DATA_DIRS",
];

/// Only whether they are set: they hold names and passwords.
const MENTIONED: [&str; 8] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// One variable on each line, as `look` finds them.
pub(super) fn describe(look: impl Fn(&str) -> Option<String>) -> String {
    let shown = SHOWN.iter().filter_map(|name| look(name).map(|value| format!("{name}={value}\n")));
    let mentioned =
        MENTIONED.iter().filter(|name| look(name).is_some()).map(|name| format!("{name} is set\n"));
    shown.chain(mentioned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_told() {
        let environment = [
            ("LANG", "de_DE.UTF-8"),
            ("HTTPS_PROXY", "http://user:password@proxy:1"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("HOME", "/home/anna"),
        ];
        let look = |name: &str| {
            environment.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(describe(look), "LANG=de_DE.UTF-8\nHTTPS_PROXY is set\n");
    }
}
