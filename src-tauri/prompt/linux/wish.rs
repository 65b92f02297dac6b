//! What the person has asked for, and for how long that counts.

use std::time::{Duration, Instant};

use super::attention::Initiative;
use super::focus::OnAppearing;

/// How long after *Connect* or *Review…* a question is the person's own: connecting takes its time.
const OWN: Duration = Duration::from_mins(1);

/// How long after *Review…* the dialog may take the focus: the person waits for it and types nothing else.
const AWAITED: Duration = Duration::from_secs(2);

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WishFor {
    /// To be connected, and to be asked what has to be asked.
    Connection,
    /// To see the question.
    Question,
}

/// The person's last wish.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish(Option<(WishFor, Instant)>);

impl Wish {
    pub(super) fn now(what: WishFor) -> Self {
        Self(Some((what, Instant::now())))
    }

    pub(super) fn initiative(self, now: Instant) -> Initiative {
        match self.0 {
            Some((WishFor::Connection | WishFor::Question, since)) if now.duration_since(since) < OWN => {
                Initiative::Persons
            }
            Some(_) | None => Initiative::Ours,
        }
    }

    pub(super) fn on_appearing(self, now: Instant) -> OnAppearing {
        match self.0 {
            Some((WishFor::Question, since)) if now.duration_since(since) < AWAITED => OnAppearing::TakeFocus,
            Some(_) | None => OnAppearing::LeaveFocus,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_lapses() {
        let since = Instant::now();
        let after = |seconds| since + Duration::from_secs(seconds);
        let connection = Wish(Some((WishFor::Connection, since)));
        let question = Wish(Some((WishFor::Question, since)));
        for (wish, now, initiative, appearing) in [
            (Wish::default(), after(0), Initiative::Ours, OnAppearing::LeaveFocus),
            (connection, after(0), Initiative::Persons, OnAppearing::LeaveFocus),
            (connection, after(59), Initiative::Persons, OnAppearing::LeaveFocus),
            (connection, after(60), Initiative::Ours, OnAppearing::LeaveFocus),
            (question, after(1), Initiative::Persons, OnAppearing::TakeFocus),
            (question, after(2), Initiative::Persons, OnAppearing::LeaveFocus),
            (question, after(60), Initiative::Ours, OnAppearing::LeaveFocus),
        ] {
            assert_eq!(wish.initiative(now), initiative, "{wish:?}");
            assert_eq!(wish.on_appearing(now), appearing, "{wish:?}");
        }
    }
}
