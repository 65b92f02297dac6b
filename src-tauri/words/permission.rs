//! Who allowed a certificate, and what was announced beside it.

use countersign_trust::{AnnouncedCertificate, PermissionOrigin};
use countersign_words::{Text, Words};

/// Who allowed it.
pub(crate) fn permission_origin(words: &Words, origin: PermissionOrigin) -> Text {
    match origin {
        PermissionOrigin::Person => words.remembered_by_person(),
        PermissionOrigin::Announcement => words.remembered_by_announcement(),
        PermissionOrigin::Profile => words.remembered_by_profile(),
        PermissionOrigin::RecoveryFile => words.remembered_by_recovery_file(),
    }
}

/// A certificate that is let through in its place.
pub(crate) fn announced(words: &Words, announced: &AnnouncedCertificate) -> Text {
    let fingerprint = Text::of_peer(&announced.fingerprint.to_string());
    words.remembered_announced_until(&fingerprint, &words.moment(announced.until))
}
