//! Recovery files: the way back for endpoints that refuse this server.

use countersign_protocol::RecoveryFile;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::recovery::{RecoveryInput, RecoveryInputError, prepare};

/// What stands for recovery files in the audit.
pub(crate) const SUBJECT: &str = "recovery-file";

impl Administration {
    /// Makes a recovery file, signed with the identity key of this server. It is not kept; the audit says that it was made, and
    /// what it loosens.
    pub(crate) async fn recovery_file(
        &self,
        caller: &Caller,
        input: RecoveryInput,
    ) -> Result<RecoveryFile, Problem> {
        // It loosens what profiles say, for every endpoint that takes it.
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let now = self.now();
        let (served, roots) = (self.certificates.current(), self.roots.clone());
        let work = move || prepare(input, &served.key.cert, &roots.current(), now);
        let prepared = tokio::task::spawn_blocking(work).await.map_err(|error| Problem::failed(&error))?;
        let wrong = |error: RecoveryInputError| Problem::unprocessable(error.to_string());
        let prepared = prepared.map_err(wrong)?;
        for endpoint in prepared.named() {
            if self.telemetry.store.endpoint(endpoint).await?.is_none() {
                return Err(Problem::unprocessable(format!(
                    "There is no endpoint with the instance UID {endpoint}, and a file that is only for others helps nobody. It is what \
                     identifies an endpoint, for example in its address in the console."
                )));
            }
        }
        let make = |number| {
            let numbered = prepared.numbered(number);
            let file = numbered.sign(&self.telemetry.identity).map_err(wrong)?;
            let change = caller.change(now, "recovery_file.made", SUBJECT, numbered.detail());
            Ok::<_, Problem>((file, change))
        };
        self.telemetry.store.add_recovery_file(now, make).await
    }
}
