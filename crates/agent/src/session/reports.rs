//! What the agent tells its server unasked, once the server has said what it understands: the inventory, what people
//! decided, and what is allowed because of it. Only about this server, and only in a session that is trusted.

use std::collections::BTreeSet;

use countersign_protocol::custom::{self, AgentCustomMessage};
use countersign_protocol::decision::Asked;
use countersign_protocol::opamp::ServerToAgent;
use countersign_protocol::{Decisions, DecisionsKept, InventoryChanges, RememberedReport};

use super::Session;
use super::hold::{SendError, collect_inventory};
use crate::decisions::{Dropped, allowed};
use crate::ratchet::{self, Ruling, Wish};
use crate::state::Context;

/// How much of the inventory is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What has changed, where the server has the rest.
    Changes,
    /// That too, unless only time has passed.
    ChangesThatMatter,
}

impl Session {
    /// Whether the server has said that it understands something.
    fn server_has(&self, capability: &str) -> bool {
        self.server_capabilities.as_ref().is_some_and(|known| known.contains(capability))
    }

    /// Whether this server hears of decisions.
    pub(super) fn hears_of_decisions(&self) -> bool {
        self.server_has(custom::DECISIONS) && ratchet::rule(self.trust, Wish::Decisions) == Ruling::Granted
    }

    /// A server says what it understands, with its first message at the latest; one that does not understands only what every
    /// server does.
    pub(super) async fn server_introduced(
        &mut self,
        context: &mut Context,
        message: &ServerToAgent,
    ) -> Result<(), SendError> {
        let said =
            message.custom_capabilities.as_ref().map(|said| said.capabilities.iter().cloned().collect());
        let known: BTreeSet<String> = match (said, &self.server_capabilities) {
            (None, Some(_)) => return Ok(()),
            (Some(said), Some(known)) if said == *known => return Ok(()),
            (said, _) => said.unwrap_or_default(),
        };
        self.server_capabilities = Some(known);
        self.send_inventory(context, Extent::Changes).await?;
        self.send_decisions(context).await?;
        self.send_remembered(context).await
    }

    /// Sends the inventory, if the server may know it.
    pub(super) async fn send_inventory(
        &mut self,
        context: &mut Context,
        extent: Extent,
    ) -> Result<(), SendError> {
        if let Ruling::Denied = ratchet::rule(self.trust, Wish::Inventory) {
            return Ok(());
        }
        let now = match self.inventory.take() {
            Some(collected) => *collected,
            None => collect_inventory().await,
        };
        let sent = context.sent_inventories.get(&self.server);
        let message = match (extent, sent) {
            (Extent::Changes | Extent::ChangesThatMatter, Some(sent))
                if self.server_has(custom::INVENTORY_CHANGES) =>
            {
                let changes = InventoryChanges::between(sent, &now);
                if extent == Extent::ChangesThatMatter && !changes.matter() {
                    return Ok(());
                }
                AgentCustomMessage::InventoryChanges(changes)
            }
            // It would be the whole every hour.
            (Extent::ChangesThatMatter, _) => return Ok(()),
            (Extent::Whole | Extent::Changes, _) => AgentCustomMessage::Inventory(Box::new(now.clone())),
        };
        self.send_custom(&message).await?;
        context.sent_inventories.insert(self.server.clone(), now);
        Ok(())
    }

    /// Sends what people decided and this server has not kept yet.
    async fn send_decisions(&mut self, context: &Context) -> Result<(), SendError> {
        if !self.hears_of_decisions() {
            return Ok(());
        }
        let knows_others = self.server_has(custom::CONTINUITY);
        let decisions = context.decisions.about(&self.server, |decision| match decision.asked {
            Asked::Dialog | Asked::CommandLine => true,
            Asked::Announcement | Asked::RecoveryFile => knows_others,
        });
        if decisions.is_empty() {
            return Ok(());
        }
        self.send_custom(&AgentCustomMessage::Decisions(Decisions { decisions })).await
    }

    /// The server has kept decisions; more may wait than one message takes.
    pub(super) async fn decisions_kept(
        &mut self,
        context: &Context,
        kept: &DecisionsKept,
    ) -> Result<(), SendError> {
        if !self.hears_of_decisions()
            || context.decisions.were_kept(&self.server, &kept.ids) == Dropped::Nothing
        {
            return Ok(());
        }
        context.save_decisions();
        self.send_decisions(context).await
    }

    /// Sends what is allowed for this server, if that is not what was sent last.
    pub(super) async fn send_remembered(&mut self, context: &Context) -> Result<(), SendError> {
        if !self.hears_of_decisions() {
            return Ok(());
        }
        let remembered = context.remembered.of(&self.server).await;
        let report = RememberedReport {
            certificates: remembered
                .map(|remembered| allowed(&remembered, remembered.under(context.remember_options())))
                .into_iter()
                .collect(),
        };
        if self.reported_remembered.as_ref() == Some(&report) {
            return Ok(());
        }
        self.send_custom(&AgentCustomMessage::Remembered(report.clone())).await?;
        self.reported_remembered = Some(report);
        Ok(())
    }
}
