//! Who calls itself like another endpoint gets another instance UID, and with it neither the commands nor the
//! certificate of that endpoint.

use countersign_protocol::InstanceUid;
use countersign_protocol::opamp::{AgentIdentification, ServerToAgent};
use serde_json::json;

use super::session::{End, Session};
use crate::store::{Actor, Change, TokenStanding};

impl Session {
    /// An enrolment token is shared by many. It makes nobody an endpoint that is connected (most likely cloned disks),
    /// that has a client certificate, or that was deregistered. An agent that has lost its certificate enrols anew.
    pub(super) async fn rename_if_taken(&mut self, uid: InstanceUid) -> Result<(), End> {
        let telemetry = &self.telemetry;
        let needs_certificate = match telemetry.store.token_standing(uid).await? {
            TokenStanding::Enough => return Ok(()),
            TokenStanding::NeedsCertificate => true,
            TokenStanding::Connected => false,
        };
        let new = InstanceUid::generate();
        if needs_certificate {
            tracing::warn!(
                peer = %self.peer, endpoint = %uid, %new,
                "an agent that shows only an enrolment token calls itself like an enrolled endpoint; it is given another instance UID"
            );
            let change = Change {
                actor: Actor::Server,
                at: telemetry.clock.now(),
                action: "endpoint.renamed",
                subject: uid.to_string(),
                detail: json!({"new": new, "peer": self.peer.ip()}),
            };
            telemetry.store.record_change(change).await?;
        } else {
            tracing::warn!(
                peer = %self.peer, endpoint = %uid, %new,
                "an agent calls itself like one that is connected; it is given another instance UID"
            );
        }
        self.endpoint = Some(uid);
        let identification = AgentIdentification { new_instance_uid: new.to_bytes() };
        self.send(ServerToAgent { agent_identification: Some(identification), ..ServerToAgent::default() })
            .await?;
        Err(End::Renamed)
    }
}
