//! The display goes away when the session ends, without a word. GTK then ends the process at once; this says goodbye to
//! the server and tidies up before.
//!
//! X11 only: under Wayland GTK ends the process itself, and what is left behind is removed at the next start.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gtk::gdk;
use gtk::gdk::prelude::*;
use tauri::AppHandle;
use x11_dl::xlib::{Display, Xlib};

use crate::app;

struct Gone {
    app: AppHandle,
    /// Keeps the library loaded.
    _xlib: Xlib,
}

/// Whether the end has begun.
static ENDING: AtomicBool = AtomicBool::new(false);
/// Longer than a goodbye takes.
const TO_END: Duration = Duration::from_secs(15);
static GONE: OnceLock<Gone> = OnceLock::new();

/// Has to be called on the main thread, after GTK was initialised: GTK sets what this replaces.
#[allow(unsafe_code)]
pub(super) fn end_when_gone(app: &AppHandle) {
    if !gdk::Display::default().is_some_and(|display| display.backend().is_x11()) {
        return;
    }
    match Xlib::open() {
        Ok(xlib) => {
            let set = xlib.XSetIOErrorHandler;
            if GONE.set(Gone { app: app.clone(), _xlib: xlib }).is_ok() {
                // SAFETY: the library stays loaded in a static, and the handler is a function of the required type that
                // never returns, calls nothing of Xlib, and does not unwind.
                unsafe { set(Some(display_is_gone)) };
            }
        }
        Err(error) => tracing::debug!(%error, "Xlib cannot be opened a second time"),
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn display_is_gone(_display: *mut Display) -> c_int {
    // Xlib may find out on several threads at once. The first ends the process.
    if ENDING.swap(true, Ordering::SeqCst) {
        std::thread::sleep(TO_END);
    }
    // On a thread of its own: this one may be waiting for the runtime already, and a panic ends there.
    let ended = std::thread::spawn(|| {
        tracing::info!("the display is gone, and the session with it");
        if let Some(gone) = GONE.get() {
            app::end_without_display(&gone.app);
        }
    })
    .join();
    if ended.is_err() {
        tracing::error!("the end of the session was not handled in good order");
    }
    // SAFETY: always allowed. Not `exit`, which would let GTK and others tidy up with a display that is no more.
    unsafe { libc::_exit(0) }
}
