//! Every text by its name, with what it is made with: one file per file of the catalogue.

/// A text of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its name, which is that of the function, too.
    pub name: &'static str,
    /// The names of what it is made with.
    pub arguments: &'static [&'static str],
}

macro_rules! messages {
    ($($name:ident ( $($argument:ident : $kind:ty),* );)+) => {
        impl crate::Words {
            $(
                #[doc = concat!("The text `", stringify!($name), "` of the catalogue.")]
                #[must_use]
                pub fn $name(&self $(, $argument: $kind)*) -> crate::Text {
                    self.text(stringify!($name), &[$((stringify!($argument), &$argument)),*])
                }
            )+
        }

        pub(super) const MESSAGES: &[super::Message] = &[
            $(super::Message { name: stringify!($name), arguments: &[$(stringify!($argument)),*] }),+
        ];
    };
}

mod advice;
mod certificate;
mod command_line;
mod diagnosis;
mod doctor;
mod general;
mod history;
mod notice;
mod problem;
mod problem_kind;
mod prompt;
mod recovery;
mod remembered;
mod request;
mod server_choice;
mod start;
mod status;
mod tray;

/// Every text that the functions of [`crate::Words`] return.
pub fn messages() -> impl Iterator<Item = &'static Message> {
    [
        advice::MESSAGES,
        certificate::MESSAGES,
        command_line::MESSAGES,
        diagnosis::MESSAGES,
        doctor::MESSAGES,
        general::MESSAGES,
        history::MESSAGES,
        notice::MESSAGES,
        problem::MESSAGES,
        problem_kind::MESSAGES,
        prompt::MESSAGES,
        recovery::MESSAGES,
        remembered::MESSAGES,
        request::MESSAGES,
        server_choice::MESSAGES,
        start::MESSAGES,
        status::MESSAGES,
        tray::MESSAGES,
    ]
    .into_iter()
    .flatten()
}
