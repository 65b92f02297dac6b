//! What agents have said of late about one chain, shown it or in a rehearsal.

use countersign_protocol::custom;
use countersign_trust::ChainDigest;
use sea_orm::{FromQueryResult, Statement};
use time::{Duration, OffsetDateTime};

use super::{Store, StoreError, microseconds};
use crate::upgrade_path::Verdicts;

/// What an agent has said longer ago counts no more: its roots, its clock and what is in between may be others by now. As long as a
/// rehearsal is open.
const COUNTS_FOR: Duration = Duration::days(14);

/// What stands in a document of a certificate that is valid.
pub(super) const NO_PROBLEMS: &str = r#""problems":[]"#;

#[derive(Debug, FromQueryResult)]
struct Tally {
    verdict: String,
    number: i64,
}

impl Store {
    /// How many agents have said what about a chain. Each counts once, by what it said last; deregistered ones do not count. What
    /// an agent found out in the session that it has now counts, however long that is.
    pub(crate) async fn verdicts_on(
        &self,
        chain: ChainDigest,
        now: OffsetDateTime,
    ) -> Result<Verdicts, StoreError> {
        // Numbers and words of ours; the digest is hexadecimal.
        let since = microseconds(now - COUNTS_FOR);
        let shown = format!(
            "(COALESCE(e.certificate_found, '') LIKE '%\"chain_digest\":\"{chain}\"%' AND e.certificate_reported_at IS NOT NULL
              AND (e.session IS NOT NULL OR e.certificate_reported_at >= {since}))"
        );
        let able = format!("' ' || e.custom_capabilities || ' ' LIKE '% {} %'", custom::REHEARSAL);
        let says = |document: &str| {
            format!("CASE WHEN {document} LIKE '%{NO_PROBLEMS}%' THEN 'valid' ELSE 'not_valid' END")
        };
        let sql = format!(
            "SELECT verdict, COUNT(*) AS number FROM (
                 SELECT CASE
                     WHEN a.document IS NOT NULL AND a.judged_at >= {since}
                         AND NOT ({shown} AND e.certificate_reported_at >= a.judged_at) THEN {}
                     WHEN {shown} THEN {}
                     WHEN e.session IS NOT NULL AND {able} THEN 'silent'
                     ELSE 'none' END AS verdict
                 FROM endpoints e
                 LEFT JOIN rehearsal_answers a ON a.endpoint_id = e.id AND a.chain_digest = '{chain}'
                 WHERE e.deregistered = FALSE
             ) AS verdicts GROUP BY verdict",
            says("a.document"),
            says("e.certificate_found"),
        );
        let backend = self.database.get_database_backend();
        let mut verdicts = Verdicts::default();
        for tally in
            Tally::find_by_statement(Statement::from_string(backend, sql)).all(&self.database).await?
        {
            let number = u64::try_from(tally.number).unwrap_or_default();
            match tally.verdict.as_str() {
                "valid" => verdicts.valid = number,
                "not_valid" => verdicts.not_valid = number,
                "silent" => verdicts.silent = number,
                _ => {}
            }
        }
        Ok(verdicts)
    }
}
