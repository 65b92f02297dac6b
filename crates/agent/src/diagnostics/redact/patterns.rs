//! What is recognised by its form alone.

use regex::{Error, Regex};

use super::pieces::{Numbered, Numbers, Pieces};

/// What follows “Bearer” in a sentence rather than in a header.
const WORDS_AFTER_BEARER: [&str; 8] = [
    "auth",
    "authentication",
    "authorisation",
    "authorization",
    "credential",
    "credentials",
    "token",
    "tokens",
];

/// The forms.
pub(super) struct Patterns {
    private_key: Regex,
    end_of_private_key: Regex,
    pem: Regex,
    url_credentials: Regex,
    header: Regex,
    assignment: Regex,
    option: Regex,
    bearer: Regex,
    other_scheme: Regex,
    e_mail: Regex,
    url_host: Regex,
    host_after_credentials: Regex,
}

impl Patterns {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {
            // With its end, or as far as it may go without one.
            private_key: Regex::new(
                r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:(?s:.*?)-----END [A-Z0-9 ]*PRIVATE KEY-----|(?:[A-Za-z0-9+/=:,\-\s]|\\[nr])*)",
            )?,
            // Whose beginning was cut off.
            end_of_private_key: Regex::new(
                r"(?:[A-Za-z0-9+/=]+(?:\s|\\[nr])*)*-----END [A-Z0-9 ]*PRIVATE KEY-----",
            )?,
            pem: Regex::new(
                r"-----BEGIN [A-Z0-9 ]+-----(?:[A-Za-z0-9+/=\s]|\\[nr])*(?:-----END [A-Z0-9 ]+-----)?",
            )?,
            url_credentials: Regex::new(r#"[A-Za-z][A-Za-z0-9+.\-]*://([^\s"'<>]*)@"#)?,
            // Everything to the end of the line or of the quotation.
            header: Regex::new(
                r#"(?i)\b(?:authorization|authenticate|cookie)["']?[ \t]*[:=][ \t]*["']?([^\s"'][^\r\n"']*)"#,
            )?,
            // In quotation marks also where it is quoted itself, within JSON.
            assignment: Regex::new(
                r#"(?i)(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)\\?["']?[ \t]*[:=][ \t]*(?:\\"((?:[^"\\\r\n]|\\\\\\"|\\[^"])+)(?:\\")?|"((?:[^"\\\r\n]|\\.)+)"?|'((?:[^'\\\r\n]|\\.)+)'?|(\\*[^\s"',;\\][^\s"',;]*))"#,
            )?,
            option: Regex::new(r"(?i)--?[a-z-]*(?:password|passphrase|secret|token)[ \t]+([^\s-]\S*)")?,
            bearer: Regex::new(r"(?i)\bbearer\s+([A-Za-z0-9\-._~+/]+=*)")?,
            other_scheme: Regex::new(r"(?i)\b(?:basic|negotiate|ntlm)\s+([A-Za-z0-9+/]{6,}=*)")?,
            e_mail: Regex::new(r"[\w.%+\-]*[\w%+\-]@[\w\-]+(?:\.[\w\-]+)*")?,
            url_host: Regex::new(r#"[A-Za-z][A-Za-z0-9+.\-]*://(?:[^\s"'<>]*@)?([^\s/:?#"'<>\\@\[\]]+)"#)?,
            host_after_credentials: Regex::new(r#"^@([^\s/:?#"'<>\\@\[\]]+)"#)?,
        })
    }

    pub(super) fn private_keys(&self, pieces: &mut Pieces<'_>) {
        for pattern in [&self.private_key, &self.end_of_private_key] {
            close_all(pieces, pattern, "<private key>");
        }
    }

    pub(super) fn pem(&self, pieces: &mut Pieces<'_>) {
        close_all(pieces, &self.pem, "<PEM>");
    }

    pub(super) fn credentials(&self, pieces: &mut Pieces<'_>) {
        let every = |_: &str| true;
        close_value(pieces, &self.url_credentials, "<credentials>", every);
        for pattern in [&self.header, &self.assignment, &self.option] {
            close_value(pieces, pattern, "<secret>", every);
        }
        close_value(pieces, &self.bearer, "<secret>", |value| {
            !WORDS_AFTER_BEARER.contains(&value.trim_end_matches(['.', ',']).to_lowercase().as_str())
        });
        close_value(pieces, &self.other_scheme, "<secret>", |value| !is_a_word(value));
    }

    pub(super) fn e_mails(&self, pieces: &mut Pieces<'_>, numbers: &mut Numbers) {
        pieces.replace(|open| {
            self.e_mail
                .find_iter(open)
                .map(|found| {
                    let canonical = found.as_str().to_lowercase();
                    (found.range(), numbers.placeholder(Numbered::EMail, canonical))
                })
                .collect()
        });
    }

    pub(super) fn hosts_of_urls(&self, pieces: &mut Pieces<'_>, numbers: &mut Numbers) {
        for pattern in [&self.url_host, &self.host_after_credentials] {
            pieces.replace(|open| {
                pattern
                    .captures_iter(open)
                    .filter_map(|captures| captures.get(1))
                    .filter(|host| !is_left_to_others(host.as_str()))
                    .map(|host| {
                        let canonical = host.as_str().to_lowercase();
                        (host.range(), numbers.placeholder(Numbered::Server, canonical))
                    })
                    .collect()
            });
        }
    }
}

fn close_all(pieces: &mut Pieces<'_>, pattern: &Regex, placeholder: &str) {
    pieces.replace(|open| {
        pattern.find_iter(open).map(|found| (found.range(), placeholder.to_owned())).collect()
    });
}

/// Closes what the first group that took part has matched.
fn close_value(pieces: &mut Pieces<'_>, pattern: &Regex, placeholder: &str, is_meant: impl Fn(&str) -> bool) {
    pieces.replace(|open| {
        pattern
            .captures_iter(open)
            .filter_map(|captures| captures.iter().skip(1).flatten().next())
            .filter(|value| !value.is_empty() && is_meant(value.as_str()))
            .map(|value| (value.range(), placeholder.to_owned()))
            .collect()
    });
}

/// “Basic constraints” is no credential, which would have digits, or capitals in its midst.
fn is_a_word(value: &str) -> bool {
    value.len() < 20 && value.chars().skip(1).all(|character| character.is_ascii_lowercase())
}

/// The name of this very computer says nothing; addresses have a rule of their own.
fn is_left_to_others(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok()
}
