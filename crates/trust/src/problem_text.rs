//! Problems in plain English, for people who have never heard of X.509.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::problem::{CertificateReference, Problem};

impl Problem {
    /// What is wrong, in one plain sentence with the dates and names that matter. Free of markup; names from the
    /// certificate are already fit to be shown.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::NoCertificate => "The server did not present a certificate.".to_owned(),
            Self::Revoked { certificate } => {
                format!("{} has been withdrawn by its issuer.", sentence_start(certificate))
            }
            Self::ChainTooLarge { certificates, bytes } => format!(
                "The server sent {certificates} certificates with {bytes} bytes together, which is more than is accepted."
            ),
            Self::Malformed { certificate, .. } => {
                format!("{} cannot be read, because it breaks the rules for certificates.", sentence_start(certificate))
            }
            Self::BadSignature { certificate, issuer } => {
                format!("{} was not really signed by {}, whom it names as its issuer.", sentence_start(certificate), quoted(issuer))
            }
            Self::NameMismatch { requested, names } if names.is_empty() => {
                format!("The certificate does not say which server it belongs to, so it cannot be for {}.", quoted(requested))
            }
            Self::NameMismatch { requested, names } => {
                format!("The certificate is not for {}, but for {}.", quoted(requested), list(names))
            }
            Self::WildcardTooBroad { pattern } => {
                format!("The certificate claims every name under {}, which nobody can own as a whole.", quoted(pattern))
            }
            Self::SelfSigned { .. } => {
                "The certificate was made by the server itself, and nobody whom this computer trusts vouches for it."
                    .to_owned()
            }
            Self::UnknownIssuer { issuer } => {
                format!("The certificate was issued by {}, whom this computer does not trust.", quoted(issuer))
            }
            Self::UnsuitableRoot { certificate, .. } => format!(
                "The certificate rests on {}, which this computer knows but which may not issue certificates.",
                quoted(&certificate.subject)
            ),
            Self::Expired { not_after } => format!("The certificate expired on {}.", date(*not_after)),
            Self::NotYetValid { not_before } => {
                format!("The certificate is not valid before {}.", date(*not_before))
            }
            Self::IssuerExpired { certificate, not_after } => {
                format!("{} expired on {}.", sentence_start(certificate), date(*not_after))
            }
            Self::IssuerNotYetValid { certificate, not_before } => {
                format!("{} is not valid before {}.", sentence_start(certificate), date(*not_before))
            }
            Self::WrongUsage { allowed } => {
                format!("The certificate was issued for {}, not for a server.", list(allowed))
            }
            Self::WrongKeyUsage { allowed } => format!(
                "The key of the certificate may be used for {}, but not to prove who a server is.",
                list(allowed)
            ),
            Self::AuthorityAsServer { subject } => format!(
                "The certificate of {} is meant for issuing other certificates, not for a server.",
                quoted(subject)
            ),
            Self::IssuerNotAuthority { certificate } => {
                format!("{} was used to issue another one, but it is not a certificate authority's.", sentence_start(certificate))
            }
            Self::IssuerMayNotSign { certificate } => {
                format!("{} does not permit its key to sign other certificates.", sentence_start(certificate))
            }
            Self::IssuerWrongUsage { certificate, allowed } => format!(
                "{} may be used for {}, but not to issue certificates for servers.",
                sentence_start(certificate),
                list(allowed)
            ),
            Self::PathTooLong { certificate, limit } => format!(
                "{} permits {limit} further authorities below itself, but the chain has more.",
                sentence_start(certificate)
            ),
            Self::NameNotPermitted { certificate } => match certificate {
                Some(certificate) => format!(
                    "The authority {} may issue certificates for certain names only, and this one is outside of them.",
                    quoted(&certificate.subject)
                ),
                None => "An authority in the chain may issue certificates for certain names only, and this one is outside of them."
                    .to_owned(),
            },
            Self::MisplacedNameConstraints => {
                "The certificate limits the names of other certificates, which only an authority's may do.".to_owned()
            }
            Self::UnknownCriticalExtension { certificate, identifier } => format!(
                "{} makes a condition ({identifier}) that this program does not know and may not ignore.",
                sentence_start(certificate)
            ),
            Self::WeakKey { certificate, key } => {
                format!("{} has a key that is no longer safe ({key}).", sentence_start(certificate))
            }
            Self::WeakSignature { certificate, algorithm } => {
                format!("{} is signed by a method that is no longer safe ({algorithm}).", sentence_start(certificate))
            }
            Self::UnsupportedAlgorithm { certificate, algorithm } => {
                format!("{} uses a method that this program cannot check ({algorithm}).", sentence_start(certificate))
            }
            Self::TooComplex => "The certificates of the server are too entangled to be checked.".to_owned(),
            Self::NotAcceptable { detail } => format!("The certificate was refused ({detail})."),
        }
    }

    /// What the problem means for the person at the desk, in one plain sentence.
    #[must_use]
    pub fn meaning(&self) -> String {
        match self {
            Self::NoCertificate => {
                "Nothing shows who the other side is, so it could be anybody."
            }
            Self::Revoked { .. } => {
                "The issuer warns that this certificate must not be relied on any more, for example because its key was stolen."
            }
            Self::ChainTooLarge { .. } => {
                "A server that is set up properly sends two to four certificates; this may be an attempt to disturb this computer."
            }
            Self::Malformed { .. } | Self::NotAcceptable { .. } => {
                "Nothing in such a certificate can be relied on; the server may be set up wrongly or may not be your company's."
            }
            Self::BadSignature { .. } => {
                "The certificate was forged or damaged, so it does not show who the server is."
            }
            Self::NameMismatch { .. } => {
                "You may have reached another server than the one you wanted, or the address in the settings is not the one the certificate was made for."
            }
            Self::WildcardTooBroad { .. } => {
                "No trustworthy issuer makes such a certificate, because it would fit the servers of strangers as well."
            }
            Self::SelfSigned { .. } => {
                "Anybody can make such a certificate; only the administrator of the server can tell you whether this one is theirs."
            }
            Self::UnknownIssuer { .. } => {
                "It may come from your company's own authority that was not set up on this computer, or from somebody who pretends to be your company's server."
            }
            Self::UnsuitableRoot { .. } => {
                "The trusted certificates of this computer are set up in a way that does not let this one vouch for a server."
            }
            Self::Expired { .. } | Self::IssuerExpired { .. } => {
                "The certificate was probably not renewed in time, or the clock of this computer is wrong; who issued it no longer stands by it."
            }
            Self::NotYetValid { .. } | Self::IssuerNotYetValid { .. } => {
                "The clock of this computer is probably wrong, or the certificate was put to use too early."
            }
            Self::WrongUsage { .. } | Self::WrongKeyUsage { .. } => {
                "The certificate is real, but it was made for another purpose and does not prove that this is your company's server."
            }
            Self::AuthorityAsServer { .. } => {
                "Somebody who made their own certificate often makes this mistake; a proper server has a certificate of its own."
            }
            Self::IssuerNotAuthority { .. } | Self::IssuerMayNotSign { .. } | Self::IssuerWrongUsage { .. } => {
                "Somebody may have used a certificate that was never meant for it to vouch for this server."
            }
            Self::PathTooLong { .. } | Self::NameNotPermitted { .. } => {
                "An authority went beyond what it was entitled to, so its word does not count for this server."
            }
            Self::MisplacedNameConstraints | Self::UnknownCriticalExtension { .. } => {
                "The certificate was made in an unusual way, so it cannot be told whether it may be used for this server."
            }
            Self::WeakKey { .. } | Self::WeakSignature { .. } => {
                "Somebody with enough computers could forge such a certificate, so it is poor evidence of who the server is."
            }
            Self::UnsupportedAlgorithm { .. } => {
                "This program cannot tell whether the certificate is real."
            }
            Self::TooComplex => {
                "It cannot be told whether somebody trustworthy vouches for the server; this may be an attempt to disturb this computer."
            }
        }
        .to_owned()
    }
}

/// Names the certificate at the beginning of a sentence.
fn sentence_start(certificate: &CertificateReference) -> String {
    if certificate.is_server() {
        "The server's certificate".to_owned()
    } else if certificate.subject.is_empty() {
        match certificate.position {
            Some(position) => format!("Certificate number {} that the server sent", position + 1),
            None => "The certificate of a trusted authority".to_owned(),
        }
    } else {
        format!("The certificate of the authority {}", quoted(&certificate.subject))
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "somebody without a name".to_owned() } else { format!("“{text}”") }
}

/// Up to four items; more would hide the sentence behind them.
fn list(items: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = items.iter().take(SHOWN).map(|item| quoted(item)).collect();
    match (shown.as_slice(), items.len().saturating_sub(SHOWN)) {
        ([], _) => "nothing".to_owned(),
        ([only], _) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// A date as people write it, in UTC.
pub(crate) fn date(moment: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    moment.format(&format).unwrap_or_else(|_| moment.to_string())
}
