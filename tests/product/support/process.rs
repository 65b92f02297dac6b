//! Processes that a test started, and ends.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long a process may take to end by itself.
const TO_END: Duration = Duration::from_secs(12);

/// A process that ends with the test.
pub(crate) struct Process {
    child: Child,
    name: String,
}

impl Process {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        match command.spawn() {
            Ok(child) => Self { child, name },
            Err(error) => {
                panic!("{name} cannot be started: {error}. scripts/install-packages test installs it.")
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, and waits.
    pub(crate) fn terminate(mut self) {
        self.end("-TERM");
    }

    /// Ends it without asking.
    pub(crate) fn kill(mut self) {
        self.end("-KILL");
    }

    /// Ends it with a signal, and waits.
    pub(crate) fn end(&mut self, signal: &str) {
        if !self.is_running() {
            return;
        }
        let _ = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        let deadline = Instant::now() + TO_END;
        while self.is_running() {
            if Instant::now() > deadline {
                eprintln!("{} did not end in time", self.name);
                let _ = self.child.kill();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end("-TERM");
    }
}
