//! The windows. Each is a short-lived process of this same program with one web view, so that closing it gives back all
//! of its memory; it talks to the tray process over the control socket.
//!
//! A window is a name in [`WindowName`](crate::control_socket::protocol::WindowName), its measures in [`spec`], its page
//! in `ui/` and its permissions in `src-tauri/capabilities/`.

pub mod focus;
mod link;
pub mod opener;
pub mod process;
mod program;
mod server_form;
mod spec;
mod view;

pub use opener::Windows;
