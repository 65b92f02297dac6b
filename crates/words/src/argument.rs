//! What texts are made with: names, numbers, moments.

use std::borrow::Cow;

use countersign_trust::{Fingerprint, ServerAddress};
use fluent_bundle::FluentValue;
use time::OffsetDateTime;

use crate::{Text, Words};

/// Something that a text can be made with.
///
/// A `&str` counts as a peer's: it is cleaned. A [`Text`] is taken as it is, a number and a moment are written in the
/// manner of the language.
pub trait Argument {
    /// The value for the catalogue.
    #[doc(hidden)]
    fn value(&self, words: &Words) -> FluentValue<'static>;
}

impl Argument for str {
    fn value(&self, _words: &Words) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(Text::of_peer(self).into()))
    }
}

impl Argument for Text {
    fn value(&self, _words: &Words) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.to_string()))
    }
}

/// In UTC, which it says.
impl Argument for OffsetDateTime {
    fn value(&self, words: &Words) -> FluentValue<'static> {
        words.moment(*self).value(words)
    }
}

impl Argument for ServerAddress {
    fn value(&self, words: &Words) -> FluentValue<'static> {
        self.to_string().as_str().value(words)
    }
}

impl Argument for Fingerprint {
    fn value(&self, words: &Words) -> FluentValue<'static> {
        self.to_string().as_str().value(words)
    }
}

macro_rules! numbers {
    ($($number:ty)+) => {
        $(impl Argument for $number {
            fn value(&self, _words: &Words) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        })+
    };
}

numbers!(usize u32 u64);

impl<A: Argument + ?Sized> Argument for &A {
    fn value(&self, words: &Words) -> FluentValue<'static> {
        (**self).value(words)
    }
}
