//! What the server does by itself, as long as it runs.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::acme::Orders;
use crate::administration::Administration;
use crate::housekeeping::Housekeeping;
use crate::nodes::Nodes;
use crate::rehearsals::Rehearsing;
use crate::store::Revision;
use crate::tightening::Tightenings;

/// All of it.
pub(crate) struct Tasks {
    nodes: Nodes,
    tightenings: Tightenings,
    rehearsing: Rehearsing,
    housekeeping: Housekeeping,
    orders: Orders,
}

impl Tasks {
    /// Begins all of it, with the changes of other servers after those that were seen.
    pub(crate) fn begin(
        administration: &Arc<Administration>,
        seen: Revision,
        keep_history_days: NonZeroU32,
    ) -> Self {
        let telemetry = &administration.telemetry;
        Self {
            nodes: Nodes::begin(administration, seen),
            tightenings: Tightenings::begin(administration),
            rehearsing: Rehearsing::begin(telemetry),
            housekeeping: Housekeeping::begin(Arc::clone(telemetry), keep_history_days),
            orders: Orders::begin(administration),
        }
    }

    /// Ends it.
    pub(crate) async fn stop(self, limit: Duration) {
        self.orders.stop(limit).await;
        self.tightenings.stop(limit).await;
        self.nodes.stop(limit).await;
        self.rehearsing.stop(limit).await;
        self.housekeeping.stop(limit).await;
    }
}
