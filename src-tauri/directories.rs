//! Where things are, by the rules of the operating system.

use std::path::PathBuf;

/// The machine's configuration. `/etc/countersign` is written by the installer and belongs to root.
#[cfg(unix)]
#[must_use]
pub fn machine_configuration() -> PathBuf {
    PathBuf::from("/etc/countersign/agent.toml")
}

/// The machine's configuration.
#[cfg(windows)]
#[must_use]
pub fn machine_configuration() -> PathBuf {
    from_environment("ProgramData")
        .unwrap_or_else(|| PathBuf::from("C:\\ProgramData"))
        .join("Countersign\\agent.toml")
}

/// The person's own configuration (XDG Base Directory Specification).
#[cfg(unix)]
#[must_use]
pub fn persons_configuration() -> Option<PathBuf> {
    from_environment("XDG_CONFIG_HOME")
        .or_else(|| from_environment("HOME").map(|home| home.join(".config")))
        .map(|directory| directory.join("countersign/agent.toml"))
}

/// The person's own configuration.
#[cfg(windows)]
#[must_use]
pub fn persons_configuration() -> Option<PathBuf> {
    from_environment("APPDATA").map(|directory| directory.join("Countersign\\agent.toml"))
}

/// What lives only as long as the session. Without a runtime directory of the session the cache of the person, as GLib
/// has it.
#[cfg(unix)]
#[must_use]
pub fn runtime() -> PathBuf {
    from_environment("XDG_RUNTIME_DIR")
        .or_else(|| from_environment("XDG_CACHE_HOME"))
        .or_else(|| from_environment("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
}

/// What lives only as long as the session.
#[cfg(windows)]
#[must_use]
pub fn runtime() -> PathBuf {
    from_environment("LOCALAPPDATA").unwrap_or_else(std::env::temp_dir)
}

/// Relative paths are to be ignored (XDG Base Directory Specification).
fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
