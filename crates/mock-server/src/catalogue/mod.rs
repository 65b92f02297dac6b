//! Every bad certificate that a server can show, by name, and a good one.

mod causes;
mod fixed;
mod issuers;
mod server;
mod sizes;

use countersign_trust::ProblemKind;

use crate::certificates::{Authority, Pair, Wish};

/// The host name that all certificates but a few are for.
pub const HOST: &str = "management.example.com";

/// What answers under a name.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A TLS 1.3 server with this certificate.
    Certificate(Pair),
    /// A greeting, as a mail server has it.
    PlainText,
    /// A server that knows no TLS 1.3.
    OldTls,
    /// Nothing, on an open connection.
    Silence,
}

/// Something that a server can show.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How it is called on the command line.
    pub name: &'static str,
    /// What is wrong with it, for whoever looks for one.
    pub about: &'static str,
    /// For which host name the agent has to ask.
    pub host: &'static str,
    /// What answers.
    pub answer: Answer,
    /// What the agent has to find, when it trusts [`Catalogue::roots`] and nothing else.
    pub problems: Vec<ProblemKind>,
}

/// All entries, made anew: their dates count from now.
pub struct Catalogue {
    /// In the order in which they are listed.
    pub entries: Vec<Entry>,
    /// The roots that the agent has to trust, in PEM form.
    pub roots: String,
}

/// What entries rest on.
struct Authorities {
    /// Trusted.
    root: Authority,
    /// Below the trusted root.
    issuing: Authority,
    /// Trusted by nobody.
    stranger: Authority,
    /// Further trusted roots, in PEM form.
    further: String,
}

impl Catalogue {
    /// Makes all keys and certificates.
    #[must_use]
    pub fn make() -> Self {
        let root = Authority::root(organisation("Example Trust", "Example Trust Root R1"));
        let issuing = root.below(organisation("Example Trust", "Example Trust Services R3"));
        let stranger = Authority::root(organisation("Example Company", "Example Company Internal CA"));
        let mut authorities = Authorities { root, issuing, stranger, further: String::new() };
        let mut entries = server::entries(&authorities);
        entries.extend(issuers::entries(&mut authorities));
        entries.extend(fixed::entries(&mut authorities));
        entries.extend(sizes::entries(&authorities));
        entries.extend(causes::entries(&authorities));
        entries.extend([
            other("plain-text", "no TLS at all: a greeting, as a mail server has it", Answer::PlainText),
            other("old-tls", "a server that knows no TLS 1.3", Answer::OldTls),
            other("silence", "nothing, on an open connection", Answer::Silence),
        ]);
        Self { entries, roots: format!("{}{}", authorities.root.pem(), authorities.further) }
    }

    /// The entry of a name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

impl Entry {
    fn new(name: &'static str, about: &'static str, pair: Pair, problems: &[ProblemKind]) -> Self {
        Self { name, about, host: HOST, answer: Answer::Certificate(pair), problems: problems.to_vec() }
    }

    fn for_host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }
}

fn other(name: &'static str, about: &'static str, answer: Answer) -> Entry {
    Entry { name, about, host: HOST, answer, problems: Vec::new() }
}

impl Authorities {
    /// A chain from the trusted root.
    fn issue(&self, wish: &Wish) -> Pair {
        wish.signed_by(&self.issuing).followed_by(&self.issuing)
    }

    /// A chain from a root that nobody trusts.
    fn issue_untrusted(&self, wish: &Wish) -> Pair {
        wish.signed_by(&self.stranger).followed_by(&self.stranger)
    }
}

fn organisation(organisation: &str, name: &str) -> rcgen::CertificateParams {
    let mut parameters = Authority::parameters(name);
    parameters.distinguished_name.push(rcgen::DnType::OrganizationName, organisation);
    parameters
}

/// The certificate of a server without a fault.
fn wish() -> Wish {
    Wish::new(&[HOST]).common_name(HOST)
}
