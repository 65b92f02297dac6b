//! What the control socket needs of the program that serves it.

use std::sync::Arc;

use tokio::sync::watch;

use super::protocol::{Failure, Presentation, WindowName};
use crate::action::Action;
use crate::control::Control;
use crate::recovery_file::OpenedFile;

/// The running app, with a display or without.
pub trait Host: Send + Sync + 'static {
    /// The agent.
    fn control(&self) -> &Arc<dyn Control>;

    /// Does what the person chose, if it is on offer.
    fn perform(&self, action: Action) -> Result<(), Failure>;

    /// The person connects: what has to be asked because of that may interrupt them.
    fn expect_question(&self) {}

    /// Opens a window, or brings it to the front. Returns at once.
    fn open(&self, window: WindowName, presentation: Presentation) -> Result<(), Failure>;

    /// Shows what a recovery file would do, and takes it if the person says so. Returns at once.
    fn open_recovery_file(&self, opened: OpenedFile) -> Result<(), Failure>;

    /// How the person last wanted to see a window that is open. Without a display nobody ever does.
    fn presentations(&self, window: WindowName) -> Option<watch::Receiver<Option<Presentation>>>;
}
