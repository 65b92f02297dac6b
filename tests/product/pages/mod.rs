//! The pages of the windows, each under WebDriver.

mod doctor;
mod history;
mod language;
mod remembered;
mod status;
