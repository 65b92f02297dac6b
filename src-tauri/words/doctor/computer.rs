//! This computer and its desktop.

use countersign_agent::doctor::{
    BusFacts, BusFault, ClockDirection, ClockFacts, ClockFault, DesktopService, KeychainFacts, KeychainFault,
    Pace, Presence, Synchronisation, TrayFacts, TrayFault,
};
use countersign_words::{Text, Words};

use super::Said;

pub(super) fn clock(words: &Words, facts: &ClockFacts) -> Said {
    Said::well(match facts.synchronised {
        Synchronisation::Synchronised | Synchronisation::Unknown => words.doctor_clock_ok(facts.clock),
        Synchronisation::NotSynchronised => words.doctor_clock_not_synchronised(facts.clock),
    })
}

pub(super) fn clock_fault(words: &Words, fault: &ClockFault) -> Said {
    let meaning = match fault {
        ClockFault::BeforeBuild { clock, .. } => words.doctor_clock_before_build(*clock),
        ClockFault::ContradictsCertificates { clock, direction: ClockDirection::Behind, .. } => {
            words.doctor_clock_behind(*clock)
        }
        ClockFault::ContradictsCertificates { clock, direction: ClockDirection::Ahead, .. } => {
            words.doctor_clock_ahead(*clock)
        }
    };
    Said::wrong(meaning, words.doctor_clock_advice())
}

pub(super) fn bus(words: &Words, _facts: &BusFacts) -> Said {
    Said::well(words.doctor_bus_ok())
}

pub(super) fn bus_fault(words: &Words, fault: &BusFault) -> Said {
    match fault {
        BusFault::Unreachable { detail } => {
            Said::wrong(words.doctor_bus_unreachable(detail), words.doctor_bus_unreachable_advice())
        }
        BusFault::ServicesMissing { services } => {
            let missing: Vec<Text> = services
                .iter()
                .filter(|state| state.presence == Presence::Missing)
                .map(|state| match state.service {
                    DesktopService::Notifications => words.doctor_service_notifications(),
                    DesktopService::Secrets => words.doctor_service_secrets(),
                })
                .collect();
            Said::wrong(
                words.doctor_bus_services_missing(&words.list(&missing)),
                words.doctor_bus_services_missing_advice(),
            )
        }
    }
}

pub(super) fn keychain(words: &Words, facts: &KeychainFacts) -> Said {
    Said::well(match facts.pace {
        Pace::Usual => words.doctor_keychain_ok(),
        Pace::Slow => words.doctor_keychain_slow(),
    })
}

pub(super) fn keychain_fault(words: &Words, fault: &KeychainFault) -> Said {
    match fault {
        KeychainFault::Locked => {
            Said::wrong(words.doctor_keychain_locked(), words.doctor_keychain_locked_advice())
        }
        KeychainFault::NoKeyring => {
            Said::wrong(words.doctor_keychain_no_keyring(), words.doctor_keychain_no_keyring_advice())
        }
        KeychainFault::Unavailable { detail } => {
            Said::wrong(words.doctor_keychain_unavailable(detail), words.doctor_keychain_unavailable_advice())
        }
        KeychainFault::NotKept => {
            Said::wrong(words.doctor_keychain_not_kept(), words.doctor_keychain_not_kept_advice())
        }
        KeychainFault::NotRemoved { entry, detail } => Said::wrong(
            words.doctor_keychain_not_removed(entry, detail),
            words.doctor_keychain_not_removed_advice(),
        ),
    }
}

pub(super) fn tray(words: &Words, _facts: &TrayFacts) -> Said {
    Said::well(words.doctor_tray_ok())
}

pub(super) fn tray_fault(words: &Words, fault: &TrayFault) -> Said {
    match fault {
        TrayFault::GnomeWithoutExtension => {
            Said::wrong(words.doctor_tray_gnome(), words.doctor_tray_gnome_advice())
        }
        TrayFault::NoWatcher { .. } => {
            Said::wrong(words.doctor_tray_no_watcher(), words.doctor_tray_advice())
        }
        TrayFault::NoHost { .. } => Said::wrong(words.doctor_tray_no_host(), words.doctor_tray_advice()),
    }
}
