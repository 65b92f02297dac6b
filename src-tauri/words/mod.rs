//! The words for what the agent says: which text of the catalogue stands for what. Pure.

mod doctor;
mod notice;
mod page;
mod permission;
mod recovery;
mod request;
mod start;
mod status;

pub use doctor::{ExaminationProgress, ExaminationText, FindingText};
pub(crate) use notice::keychain_error;
pub use notice::{notice_body, notice_title};
pub use page::PageText;
pub(crate) use permission::{announced, permission_origin};
pub(crate) use recovery::{local, recovered};
pub(crate) use request::{client_error, request_error};
pub(crate) use start::start_error;
pub use status::{certificate_trust, explanation, headline, reason};
