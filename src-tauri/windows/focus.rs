//! Brings a window to the front because the person asked for it.

#[cfg(target_os = "linux")]
#[path = "focus/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "focus/other.rs"]
mod system;

#[cfg(target_os = "linux")]
pub(crate) use system::bring_to_front;
pub use system::{Activation, present};
