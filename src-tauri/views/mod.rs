//! What windows show, as plain data in the person's words. Pure.

mod fact;
mod history;
mod remembered;
mod status;

pub use fact::{Fact, FactKind};
pub use history::{HistoryRow, HistoryView};
pub use remembered::{RememberedRow, RememberedView};
pub use status::{CommandView, ProblemView, StatusView};
