//! The person chooses another server.

use countersign_trust::ServerAddress;

use super::{Context, Told, saved};
use crate::kept_profile::kept_profile;
use crate::request_error::RequestError;
use crate::state::Reply;

/// Whether the agent is elsewhere with the server that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// It is the one that the agent is at.
    Same,
    /// It is another one: what rests on the former is to be ended.
    Other,
}

impl Context {
    /// Takes a server that the person has chosen. The reply comes when the choice is on the disk, or cannot be.
    ///
    /// Only what is known of this very server is used for it: neither token, identity key, profile nor TCP address of
    /// the configured one.
    pub(crate) fn choose_server(&mut self, server: &ServerAddress, reply: Reply) -> Chosen {
        let former = self.server();
        tracing::info!(?former, %server, "the person chose a server");
        self.trying = None;
        self.kept.choose(&self.configuration, server);
        self.kept.deregistered = false;
        let chosen = if former.as_ref() == Some(server) { Chosen::Same } else { Chosen::Other };
        if chosen == Chosen::Other {
            self.offered_token = None;
            self.told_of_other_identity = Told::NotYet;
            let (profile, trial) = kept_profile(&self.configuration, &self.kept).unzip();
            self.profile = profile;
            self.trial = trial.flatten();
            self.tightened = None;
            self.show_profile();
        }
        let saving = saved(self.store.saving(&self.kept));
        self.tasks.spawn(async move {
            let kept = saving.await.map_err(|reason| RequestError::NotKept { reason });
            if let Err(error) = &kept {
                tracing::error!(%error, "the choice of a server is not kept");
            }
            // Whoever asked may have gone.
            let _ = reply.send(kept);
        });
        chosen
    }
}
