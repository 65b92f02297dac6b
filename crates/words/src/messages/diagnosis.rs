use time::OffsetDateTime;

use crate::Text;

messages! {
    diagnosis_clock_behind(clock: OffsetDateTime);
    diagnosis_clock_ahead(clock: OffsetDateTime);
    diagnosis_captive_portal(issuer: &Text);
    diagnosis_inspecting_proxy(product: &Text, issuer: &Text);
    diagnosis_same_issuer_elsewhere(issuer: &Text, servers: &Text);
    diagnosis_perhaps_same_issuer_elsewhere(issuer: &Text, servers: &Text);
    diagnosis_renewed_by_same_issuer();
    diagnosis_renewed_with_same_key();
    diagnosis_perhaps_renewed();
}
