//! The whole product on real parts: the management server's program, the tray app's program, a display, a session bus,
//! a keychain. Each test has a desktop of its own.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
#![cfg(target_os = "linux")]

mod support;

mod accessibility;
mod allowed_for;
mod certificates;
mod command_line;
mod command_line_tools;
mod console;
mod console_authority;
mod console_fleet;
mod console_forms;
mod console_pages;
mod console_rehearsal;
mod console_rest;
mod console_sending;
mod decision;
mod focus;
mod keychain;
mod man_in_the_middle;
mod pages;
mod profile;
mod recovery;
mod recovery_opened;
mod remembered;
mod resilience;
mod session_end;
mod tray;
mod typing;
mod viewer;
mod waiting;
mod web;
mod window;
