//! Several certificates are kept, and which of them is the SSL certificate is a choice. The one that there is was uploaded.
//! `state` is `candidate`, `committed` (for one at most) or `previous`; `private_key` is sealed.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0017_certificate_inventory",
    statements: &[
        "CREATE TABLE server_certificates (
            id TEXT PRIMARY KEY,
            source TEXT NOT NULL,
            state TEXT NOT NULL,
            chain_pem TEXT NOT NULL,
            private_key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            added_at BIGINT NOT NULL,
            committed_at BIGINT
        )",
        "INSERT INTO server_certificates
            SELECT '00000000-0000-7000-8000-000000000001', 'uploaded', 'committed', chain_pem, private_key_pem, fingerprint,
                uploaded_at, uploaded_at
            FROM ssl_certificates",
        "DROP TABLE ssl_certificates",
    ],
};
