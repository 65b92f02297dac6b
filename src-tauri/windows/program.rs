//! Which program a window's process runs: this very one.

use std::io;
use std::path::PathBuf;

/// The link of the kernel to the program that is running. It leads there even after an upgrade has put another one in
/// its place, which might not understand this one.
#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere the system is asked")]
pub(super) fn own() -> io::Result<PathBuf> {
    Ok(PathBuf::from("/proc/self/exe"))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn own() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Shows the process under the name of the program instead of that of the link.
#[cfg(target_os = "linux")]
pub(super) fn take_name() {
    let name = c"countersign";
    if let Err(error) = rustix::thread::set_name(name) {
        tracing::debug!(%error, "the process keeps its name");
    }
    gtk::glib::set_prgname(Some("countersign"));
}

#[cfg(not(target_os = "linux"))]
pub(super) fn take_name() {}
