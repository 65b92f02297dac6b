//! Whether the window in front fills the screen, by the window manager's word (Extended Window Manager Hints).
//!
//! Only X11 lets a program know this of another's windows. Under Wayland nothing is known, and nothing stands in the way.

use std::cell::Cell;
use std::os::fd::AsRawFd as _;

use gtk::gdk;
use gtk::gdk::prelude::*;
use gtk::glib;
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window};
use x11rb::rust_connection::RustConnection;

use super::{Reason, Report};
use crate::bus::Changes;

x11rb::atom_manager! {
    #[allow(clippy::struct_field_names, reason = "the names are those of the specification")]
    Atoms: AtomsCookie {
        _NET_ACTIVE_WINDOW,
        _NET_WM_STATE,
        _NET_WM_STATE_FULLSCREEN,
    }
}

pub(super) async fn follow(report: Report) {
    let Some(display) = X11::connect() else {
        report.say(None);
        return;
    };
    let changes = Changes::default();
    let happened = changes.trigger();
    let _readable = Readable(Some(glib::unix_fd_add_local(
        display.connection.stream().as_raw_fd(),
        glib::IOCondition::IN,
        move |_, _| {
            happened();
            glib::ControlFlow::Continue
        },
    )));
    loop {
        match display.read() {
            Ok(reason) => report.say(reason),
            Err(error) => {
                tracing::debug!(%error, "the display says no more about its windows");
                report.say(None);
                return;
            }
        }
        changes.next().await;
    }
}

/// Ends the source of events.
struct Readable(Option<glib::SourceId>);

impl Drop for Readable {
    fn drop(&mut self) {
        if let Some(source) = self.0.take() {
            source.remove();
        }
    }
}

/// A connection of our own, so that GTK's is left alone.
struct X11 {
    connection: RustConnection,
    root: Window,
    atoms: Atoms,
    followed: Cell<Window>,
}

impl X11 {
    fn connect() -> Option<Self> {
        // Under Wayland an X server may be there as well, but what it knows is not what the person sees.
        if !gdk::Display::default().is_some_and(|display| display.backend().is_x11()) {
            return None;
        }
        match Self::try_connect() {
            Ok(display) => Some(display),
            Err(error) => {
                tracing::debug!(%error, "the display does not say which window is in front");
                None
            }
        }
    }

    fn try_connect() -> Result<Self, Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots.get(screen).ok_or("the display has no screen")?.root;
        let atoms = Atoms::new(&connection)?.reply()?;
        let display = Self { connection, root, atoms, followed: Cell::new(x11rb::NONE) };
        display.follow(root)?;
        Ok(display)
    }

    fn follow(&self, window: Window) -> Result<(), ReplyError> {
        let wanted = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        self.connection.change_window_attributes(window, &wanted)?.check()
    }

    /// Until nothing has happened in the meantime: events that came with an answer make nothing readable any more.
    fn read(&self) -> Result<Option<Reason>, ReplyError> {
        loop {
            while self.connection.poll_for_event()?.is_some() {}
            let reason = self.read_once()?;
            match self.connection.poll_for_event()? {
                Some(_) => {}
                None => return Ok(reason),
            }
        }
    }

    fn read_once(&self) -> Result<Option<Reason>, ReplyError> {
        let window = self.numbers(self.root, self.atoms._NET_ACTIVE_WINDOW, AtomEnum::WINDOW)?;
        let Some(window) = window.first().copied().filter(|window| *window != x11rb::NONE) else {
            return Ok(None);
        };
        if self.followed.replace(window) != window {
            unless_gone(self.follow(window))?;
        }
        let states = unless_gone(self.numbers(window, self.atoms._NET_WM_STATE, AtomEnum::ATOM))?;
        let full = states.unwrap_or_default().contains(&self.atoms._NET_WM_STATE_FULLSCREEN);
        Ok(full.then_some(Reason::FullScreen))
    }

    fn numbers(&self, window: Window, property: u32, kind: AtomEnum) -> Result<Vec<u32>, ReplyError> {
        let reply = self.connection.get_property(false, window, property, kind, 0, 64)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }
}

/// Windows close while they are looked at.
fn unless_gone<T>(result: Result<T, ReplyError>) -> Result<Option<T>, ReplyError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error @ ReplyError::ConnectionError(_)) => Err(error),
    }
}
