//! For how long an answer *Allow* holds, and what an administrator permits of that.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// For how long a person allows a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RememberFor {
    /// Until the server shows another certificate.
    #[default]
    UntilChanged,
    /// So many days, of 24 hours each.
    Days(NonZeroU16),
    /// Until the app ends. Never written to the keychain.
    Session,
}

/// The longest time for which a person may allow a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RememberLimit {
    /// Until the server shows another certificate.
    #[default]
    UntilChanged,
    /// As many days as [`RememberOptions::days`] says.
    Days,
    /// Until the app ends.
    Session,
}

/// What an endpoint profile permits a person to choose beside *Allow*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RememberOptions {
    /// The longest time; shorter ones are permitted too.
    pub longest: RememberLimit,
    /// The number of days that is offered, 1 to [`RememberOptions::MAXIMUM_DAYS`].
    pub days: NonZeroU16,
}

impl Default for RememberOptions {
    fn default() -> Self {
        Self { longest: RememberLimit::default(), days: Self::DEFAULT_DAYS }
    }
}

impl RememberOptions {
    /// The number of days that is offered when nobody has said another one.
    pub const DEFAULT_DAYS: NonZeroU16 = NonZeroU16::MIN.saturating_add(29);
    /// More days than this (ten years) are not offered.
    pub const MAXIMUM_DAYS: NonZeroU16 = NonZeroU16::MIN.saturating_add(3649);

    /// What to offer, in the order of the dialog, the default first. Never empty.
    #[must_use]
    pub fn offers(self) -> Vec<RememberFor> {
        let days = RememberFor::Days(self.days);
        match self.longest {
            RememberLimit::UntilChanged => vec![RememberFor::UntilChanged, days, RememberFor::Session],
            RememberLimit::Days => vec![days, RememberFor::Session],
            RememberLimit::Session => vec![RememberFor::Session],
        }
    }

    /// The choice itself where it is permitted, or else the longest time that is.
    #[must_use]
    pub fn narrow(self, choice: RememberFor) -> RememberFor {
        match (self.longest, choice) {
            (RememberLimit::UntilChanged, choice) => choice,
            (RememberLimit::Days, RememberFor::UntilChanged) => RememberFor::Days(self.days),
            (RememberLimit::Days, RememberFor::Days(days)) => RememberFor::Days(days.min(self.days)),
            (RememberLimit::Days, RememberFor::Session) | (RememberLimit::Session, _) => RememberFor::Session,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(number: u16) -> RememberFor {
        RememberFor::Days(NonZeroU16::new(number).unwrap())
    }

    #[test]
    fn what_is_offered_and_what_is_permitted() {
        use RememberFor::{Session, UntilChanged};
        let week = NonZeroU16::new(7).unwrap();
        let table = [
            (
                RememberLimit::UntilChanged,
                vec![UntilChanged, days(7), Session],
                [UntilChanged, days(3), days(9), Session],
            ),
            (RememberLimit::Days, vec![days(7), Session], [days(7), days(3), days(7), Session]),
            (RememberLimit::Session, vec![Session], [Session; 4]),
        ];
        for (longest, offers, narrowed) in table {
            let options = RememberOptions { longest, days: week };
            assert_eq!(options.offers(), offers, "{longest:?}");
            assert_eq!(
                [UntilChanged, days(3), days(9), Session].map(|choice| options.narrow(choice)),
                narrowed
            );
            // Everything that is offered is permitted.
            assert!(options.offers().into_iter().all(|offer| options.narrow(offer) == offer));
        }
    }

    #[test]
    fn the_form_in_documents() {
        let options: RememberOptions = serde_json::from_str(r#"{"longest":"days"}"#).unwrap();
        assert_eq!((options.longest, options.days.get()), (RememberLimit::Days, 30));
        assert_eq!(RememberOptions::MAXIMUM_DAYS.get(), 3650);
        for wrong in [r#"{"days":0}"#, r#"{"longest":"week"}"#, r#"{"forever":true}"#] {
            assert!(serde_json::from_str::<RememberOptions>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&days(30)).unwrap(), r#"{"days":30}"#);
        assert_eq!(serde_json::to_string(&RememberFor::UntilChanged).unwrap(), r#""until_changed""#);
    }
}
