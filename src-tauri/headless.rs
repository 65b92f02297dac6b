//! The agent without a display: no tray icon, no dialog. The control socket is the only way to it.

use std::sync::Arc;

use async_trait::async_trait;
use countersign_agent::{Agent, AgentConfiguration, Answer, CommandLineAnswers, Desktop, Notice, Prompt};
use tokio::sync::watch;

use countersign_words::Words;

use crate::action::{Action, offered};
use crate::control::{AgentControl, Control};
use crate::control_socket::protocol::{Failure, Presentation, WindowName};
use crate::control_socket::{ControlServer, Host, Instance, Limits};
use crate::recovery_file::OpenedFile;
use crate::signals;
use crate::words;

/// Why the agent does not run without a display.
#[derive(Debug, thiserror::Error)]
pub enum HeadlessError {
    /// What was kept cannot be used.
    #[error(transparent)]
    State(#[from] countersign_agent::StoreError),
    /// The control socket, the runtime or the signals.
    #[error("The agent cannot run: {0}.")]
    System(#[from] std::io::Error),
}

/// Runs the agent until the system ends it.
pub fn run(configuration: AgentConfiguration, instance: Instance) -> Result<(), HeadlessError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(live(configuration, &instance));
    // Last: whoever starts the agent from now on is the instance.
    drop(instance);
    ended
}

async fn live(configuration: AgentConfiguration, instance: &Instance) -> Result<(), HeadlessError> {
    let answers = configuration.command_line_answers;
    let agent = Agent::new(configuration)?.start(Arc::new(NobodyAtTheDesk { answers }));
    let control: Arc<dyn Control> = Arc::new(AgentControl::new(agent));
    let host = Arc::new(HeadlessHost { control: Arc::clone(&control) });
    let served = ControlServer::start(instance, host, Limits::default());
    let ended = match &served {
        Ok(_) => signals::ending().await,
        Err(_) => Ok(()),
    };
    control.shutdown().await;
    served?.shutdown().await;
    Ok(ended?)
}

/// There is nobody to see anything.
struct NobodyAtTheDesk {
    answers: CommandLineAnswers,
}

#[async_trait]
impl Desktop for NobodyAtTheDesk {
    async fn ask(&self, prompt: Prompt) -> Answer {
        let Prompt { server, .. } = &prompt;
        match self.answers {
            CommandLineAnswers::Permitted => {
                tracing::warn!(
                    %server,
                    "the server has no valid certificate; the question waits for “countersign certificate allow” or \
                     “deny”"
                );
                // Withdrawn when it is answered on the command line, or over.
                std::future::pending().await
            }
            CommandLineAnswers::Forbidden => {
                tracing::warn!(
                    %server,
                    "the server has no valid certificate, and nobody can be asked without a display: denied. Set \
                     answers_on_command_line = true in the section [endpoint_control] of the computer’s \
                     configuration to answer on the command line"
                );
                Answer::Unavailable
            }
        }
    }

    async fn notify(&self, notice: Notice) {
        let language = Words::english();
        tracing::info!(title = %words::notice_title(&language, &notice), text = %words::notice_body(&language, &notice), "there is something to say");
    }
}

struct HeadlessHost {
    control: Arc<dyn Control>,
}

impl Host for HeadlessHost {
    fn control(&self) -> &Arc<dyn Control> {
        &self.control
    }

    fn perform(&self, action: Action) -> Result<(), Failure> {
        if !offered(&self.control.status().borrow()).contains(&action) {
            return Err(Failure::NotPossible);
        }
        match action {
            Action::Connect => self.control.connect(),
            Action::Disconnect => self.control.disconnect(),
            Action::Review => return Err(Failure::NoDisplay),
        }
        Ok(())
    }

    fn open(&self, _window: WindowName, _presentation: Presentation) -> Result<(), Failure> {
        Err(Failure::NoDisplay)
    }

    fn open_recovery_file(&self, _opened: OpenedFile) -> Result<(), Failure> {
        Err(Failure::NoDisplay)
    }

    fn presentations(&self, _window: WindowName) -> Option<watch::Receiver<Option<Presentation>>> {
        None
    }
}
