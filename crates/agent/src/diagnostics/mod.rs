//! What whoever helps needs to see, without what is nobody's business.
//!
//! The report is one text file. The person who is to hand it on can read it in any editor and sees exactly what leaves
//! the computer; an archive would have to be unpacked first, and hides what is in it.

mod bundle;
mod environment;
mod log_file;
mod log_follower;
mod private_file;
mod redact;
mod server_names;

pub use bundle::{BundleError, Material, bundle_file_name, bundle_text, write_bundle};
pub use log_file::{LogFile, LogFileError, recent_log_lines};
pub use log_follower::LogFollower;
pub use redact::{Known, Redactor, RedactorError, ServerNames};
