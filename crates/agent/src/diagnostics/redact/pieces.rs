//! A text in pieces: what is still to be looked at, and what has been taken out already.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;

/// All placeholders. What looks like one is left alone.
pub(super) const PLACEHOLDER: &str = r"<(?:secret|credentials|private key|PEM|user|computer|(?:e-mail|hardware address|address|server) \d{1,9})>";

enum Piece<'t> {
    Open(&'t str),
    Closed(Cow<'t, str>),
}

/// A text in pieces, in their order.
pub(super) struct Pieces<'t>(Vec<Piece<'t>>);

impl<'t> Pieces<'t> {
    /// Placeholders are closed, everything else is open.
    pub(super) fn of(text: &'t str, placeholder: &Regex) -> Self {
        let mut pieces = Self(vec![Piece::Open(text)]);
        pieces.replace(|open| {
            placeholder.find_iter(open).map(|found| (found.range(), found.as_str().to_owned())).collect()
        });
        pieces
    }

    /// Closes what `find` finds in the open pieces: ranges in ascending order that do not overlap, and what they become.
    pub(super) fn replace(&mut self, mut find: impl FnMut(&str) -> Vec<(Range<usize>, String)>) {
        let mut after = Vec::with_capacity(self.0.len());
        for piece in self.0.drain(..) {
            let open = match piece {
                Piece::Open(open) => open,
                closed @ Piece::Closed(_) => {
                    after.push(closed);
                    continue;
                }
            };
            let mut begin = 0;
            for (range, placeholder) in find(open) {
                let Some(before) = open.get(begin..range.start) else { continue };
                if !before.is_empty() {
                    after.push(Piece::Open(before));
                }
                after.push(Piece::Closed(Cow::Owned(placeholder)));
                begin = range.end;
            }
            if let Some(rest) = open.get(begin..).filter(|rest| !rest.is_empty()) {
                after.push(Piece::Open(rest));
            }
        }
        self.0 = after;
    }

    pub(super) fn into_text(self) -> String {
        self.0
            .into_iter()
            .map(|piece| match piece {
                Piece::Open(text) => Cow::Borrowed(text),
                Piece::Closed(text) => text,
            })
            .collect()
    }
}

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Numbered {
    Address,
    EMail,
    HardwareAddress,
    Server,
}

impl Numbered {
    fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::EMail => "e-mail",
            Self::HardwareAddress => "hardware address",
            Self::Server => "server",
        }
    }
}

/// Gives the same thing the same number.
#[derive(Default)]
pub(super) struct Numbers {
    last: HashMap<Numbered, u32>,
    given: HashMap<(Numbered, String), u32>,
}

impl Numbers {
    /// Goes on after the numbers in the text, so that a part that was redacted earlier is not mixed up.
    pub(super) fn after_those_in(text: &str) -> Self {
        let mut numbers = Self::default();
        for kind in [Numbered::Address, Numbered::EMail, Numbered::HardwareAddress, Numbered::Server] {
            let opening = format!("<{} ", kind.word());
            let highest = text
                .match_indices(&opening)
                .filter_map(|(position, _)| {
                    text.get(position + opening.len()..)?.split('>').next()?.parse::<u32>().ok()
                })
                .filter(|number| *number < 1_000_000_000)
                .max();
            numbers.last.insert(kind, highest.unwrap_or_default());
        }
        numbers
    }

    /// The placeholder of this thing, in its canonical form.
    pub(super) fn placeholder(&mut self, kind: Numbered, canonical: String) -> String {
        let last = self.last.entry(kind).or_default();
        let number = *self.given.entry((kind, canonical)).or_insert_with(|| {
            *last = last.saturating_add(1);
            *last
        });
        format!("<{} {number}>", kind.word())
    }
}
