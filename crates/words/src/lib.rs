//! Every text that a person reads, in their language.
//!
//! The texts are in `locales/<language>/*.ftl`, in the syntax of [Project Fluent](https://projectfluent.org). English
//! and German are built in and complete; other languages can be added by file (see [`Words::of_person`]), and what such
//! a file lacks is said in English.
//!
//! [`Words`] has one function per text, named like the text in the files, so that a misspelt name does not compile and
//! one search finds both. What the functions return is [`Text`]: the type says that nothing in it can break out of its
//! place, whatever a peer has put into a name. Text of a peer is a `&str` as an argument and loses on the way what is not
//! fit to be shown; `&Text` is taken as it is.

#[macro_use]
mod messages;

mod argument;
mod catalogue;
mod files;
mod languages;
mod lists;
mod moments;
mod numbers;
mod text;
mod trust;

pub use argument::Argument;
pub use catalogue::{Direction, Words};
pub use messages::{Message, messages};
pub use text::Text;
pub use trust::CertificateField;
