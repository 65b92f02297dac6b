use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    recovery_offer();
    recovery_offer_lead(server: &ServerAddress);
    recovery_offer_certificate(until: &Text, problems: &Text);
    recovery_offer_warn(until: &Text);
    recovery_offer_allow(until: &Text);
    recovery_offer_address(server: &ServerAddress);
    recovery_offer_expires(until: &Text);
    recovery_offer_doubt();
    recovery_use();
    recovery_cancel();
    recovery_details();
    recovery_taken();
    recovery_taken_server(server: &ServerAddress);
    recovery_taken_certificate(fingerprint: &Text);
    recovery_taken_action(action: &Text);
    recovery_taken_until(until: &Text);
    recovery_refused();
    recovery_refused_nothing_changed();
}
