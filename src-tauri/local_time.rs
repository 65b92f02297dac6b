//! The time zone of the person.

use time::UtcOffset;

/// The time zone now, as an offset from UTC. Needs no display.
#[cfg(target_os = "linux")]
#[must_use]
pub fn local_offset() -> UtcOffset {
    use gtk::glib;
    let microseconds = glib::DateTime::now_local().map_or(0, |now| now.utc_offset().as_microseconds());
    i32::try_from(microseconds / 1_000_000)
        .ok()
        .and_then(|seconds| UtcOffset::from_whole_seconds(seconds).ok())
        .unwrap_or(UtcOffset::UTC)
}

/// The time zone now, as an offset from UTC.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn local_offset() -> UtcOffset {
    UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC)
}
