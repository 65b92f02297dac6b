//! What the person was asked since they last chose to connect.

use std::collections::VecDeque;

use countersign_trust::{Assessment, ServerAddress};

use super::Denied;
use crate::desktop::Prompt;

/// So many questions are kept of each sort, the newest: a server can show as many certificates as it likes.
const MOST: usize = 32;

/// The questions that were denied, and those that the person was told of. Neither comes back by itself, whatever certificates
/// the server shows in between.
#[derive(Debug, Default)]
pub(crate) struct AskedQuestions {
    denied: VecDeque<Denied>,
    told: VecDeque<Prompt>,
}

impl AskedQuestions {
    /// Notes that a question was not answered with *Allow*.
    pub(crate) fn deny(&mut self, denied: Denied) {
        keep(&mut self.denied, denied);
    }

    /// The question about this assessment, if it was denied.
    pub(crate) fn denied(&self, assessment: &Assessment) -> Option<&Denied> {
        self.denied.iter().find(|denied| denied.prompt.is_about(assessment))
    }

    /// Whether any question about this server was denied.
    pub(crate) fn has_denied(&self, server: &ServerAddress) -> bool {
        self.denied.iter().any(|denied| denied.prompt.server == *server)
    }

    /// Notes that the person is told of a question. Returns whether they were not before.
    pub(crate) fn tell(&mut self, prompt: &Prompt) -> bool {
        let is_new = !self.told.iter().any(|told| told.is_about(&prompt.assessment));
        if is_new {
            keep(&mut self.told, prompt.clone());
        }
        is_new
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == MOST {
        list.pop_front();
    }
    list.push_back(item);
}
