//! Standard output.

/// Whether whoever was to read it has gone: the other end of the pipe is closed, or the terminal.
#[cfg(unix)]
pub(super) fn is_unread() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut output = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut output, Some(&at_once)).is_ok()
        && output[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
}

/// Not known before something is written.
#[cfg(not(unix))]
pub(super) fn is_unread() -> bool {
    false
}
