//! Recovery files: what an administrator wants for endpoints that refuse this server, as a document to be signed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use countersign_protocol::{
    IdentityKeyPair, InstanceUid, RecoveredEndpoints, RecoveryAction, RecoveryCertificate, RecoveryDocument,
    RecoveryFile, RecoveryFileError,
};
use countersign_trust::{
    Fingerprint, InvalidCertificateAction, ProblemKind, ServerAddress, TrustedRoots, assess,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::served_certificate::ServerCertificate;

/// For so many days at the longest what a recovery file loosens holds.
const LONGEST_DAYS: u16 = 90;

/// What a recovery file shall say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryInput {
    /// This server, exactly as the endpoints reach it: `host` or `host:port`.
    pub(crate) server: String,
    /// For how many days the file is taken, and what it loosens holds: 1 to 90.
    #[schema(minimum = 1, maximum = 90)]
    pub(crate) days: u16,
    /// Lets a certificate through. It helps under *Warn*.
    #[serde(default)]
    pub(crate) allow: Option<AllowedCertificate>,
    /// Sets an action that is not as strict.
    #[serde(default)]
    pub(crate) action: Option<LooserAction>,
    /// Where the endpoints find this server from now on: `host` or `host:port`.
    #[serde(default)]
    pub(crate) new_address: Option<String>,
    /// The instance UIDs of the endpoints that it is for; all endpoints where there are none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) endpoints: BTreeSet<String>,
}

/// Which certificate is let through.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedCertificate {
    /// PEM; of several, the first counts. Without it, the certificate that agents are shown now.
    #[serde(default)]
    pub(crate) certificate_pem: Option<String>,
    /// The codes of the kinds of problem that are accepted, for example `self_signed`. Without any, those that endpoints find
    /// whose clocks are right, whatever authorities they trust.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) accepted: BTreeSet<String>,
}

/// An action that is not as strict as *Deny*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LooserAction {
    /// Ask the person about an invalid certificate.
    Warn,
    /// Connect whatever the certificate is.
    Allow,
}

/// What a recovery file shall say, on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct RecoveryArguments {
    /// The server, exactly as the endpoints reach it.
    #[arg(long, value_name = "HOST:PORT")]
    pub server: String,

    /// For how many days the file is taken, and what it loosens holds: 1 to 90.
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    pub days: u16,

    /// Let the certificate through that agents are shown now.
    #[arg(long)]
    pub allow_served: bool,

    /// Let this certificate through (PEM).
    #[arg(long, value_name = "FILE", conflicts_with = "allow_served")]
    pub allow_certificate: Option<PathBuf>,

    /// Accept this kind of problem, for example self_signed; may be given several times. Without it, those that endpoints find.
    #[arg(long, value_name = "KIND")]
    pub accept: Vec<String>,

    /// At the strictest, do this about an invalid certificate.
    #[arg(long, value_name = "ACTION", value_enum)]
    pub action: Option<LooserAction>,

    /// Where the endpoints find the server from now on.
    #[arg(long, value_name = "HOST:PORT")]
    pub new_address: Option<String>,

    /// Only for this endpoint; may be given several times.
    #[arg(long, value_name = "INSTANCE-UID")]
    pub endpoint: Vec<String>,

    /// A file that is not there yet; its name ends with “.countersign-recovery”.
    pub file: PathBuf,
}

/// Why there is no such file. Whole sentences: the administrator reads them.
#[derive(Debug, Error)]
pub(crate) enum RecoveryInputError {
    #[error("“{text}” is not the address of a server: {reason}")]
    Address { text: String, reason: String },
    #[error(
        "“{0}” is not an instance UID. It is what identifies an endpoint, for example in its address in the console."
    )]
    Endpoint(String),
    #[error("“days” must be 1 to {LONGEST_DAYS}.")]
    Days,
    #[error("“{0}” is not the code of a kind of problem, such as self_signed or name_mismatch.")]
    Kind(String),
    #[error("{0}")]
    Certificate(String),
    #[error(
        "Endpoints find nothing wrong with this certificate, as far as this computer can tell. Say which problems are to be \
         accepted, or leave the certificate out."
    )]
    NothingWrong,
    #[error("{0} Correct what the file shall say.")]
    Document(#[from] RecoveryFileError),
}

/// A document that is ready to be signed, and what the audit says of it.
pub(crate) struct Prepared {
    document: RecoveryDocument,
    certificate: Option<Fingerprint>,
}

/// Puts what is wanted into the form of a document. `shown` is the chain that agents are shown now. Judges certificates, which
/// takes some milliseconds.
pub(crate) fn prepare(
    input: RecoveryInput,
    shown: &[CertificateDer<'_>],
    roots: &TrustedRoots,
    now: OffsetDateTime,
) -> Result<Prepared, RecoveryInputError> {
    let server = address(&input.server)?;
    if !(1..=LONGEST_DAYS).contains(&input.days) {
        return Err(RecoveryInputError::Days);
    }
    let lasting = Duration::days(input.days.into());
    let until = now.saturating_add(lasting);
    let reached_at = input.new_address.as_deref().map(address).transpose()?;
    let mut certificate = None;
    let allow = match input.allow {
        Some(wanted) => {
            let at = reached_at.as_ref().unwrap_or(&server);
            let allowed = allowed(&wanted, shown, at, roots, now)?;
            certificate = Some(Fingerprint::of(&allowed.0));
            Some(RecoveryCertificate { certificate: allowed.0, accepted: allowed.1, until })
        }
        None => None,
    };
    let named = input.endpoints.into_iter().map(|text| match text.parse::<InstanceUid>() {
        Ok(uid) => Ok(uid),
        Err(_) => Err(RecoveryInputError::Endpoint(text)),
    });
    let named = named.collect::<Result<BTreeSet<_>, _>>()?;
    let document = RecoveryDocument {
        endpoints: if named.is_empty() { RecoveredEndpoints::All } else { RecoveredEndpoints::Named(named) },
        allow,
        action: input.action.map(|action| RecoveryAction {
            action: match action {
                LooserAction::Warn => InvalidCertificateAction::Warn,
                LooserAction::Allow => InvalidCertificateAction::Allow,
            },
            until,
        }),
        new_address: reached_at,
        ..RecoveryDocument::new(server, now, lasting)
    };
    Ok(Prepared { document, certificate })
}

impl Prepared {
    /// With its number among the files of this server.
    pub(crate) fn numbered(self, number: u64) -> Self {
        Self { document: RecoveryDocument { number: Some(number), ..self.document }, ..self }
    }

    /// The endpoints that it is for; none when it is for all.
    pub(crate) fn named(&self) -> impl Iterator<Item = InstanceUid> + '_ {
        let named = match &self.document.endpoints {
            RecoveredEndpoints::All => None,
            RecoveredEndpoints::Named(named) => Some(named),
        };
        named.into_iter().flatten().copied()
    }

    pub(crate) fn sign(&self, identity: &IdentityKeyPair) -> Result<RecoveryFile, RecoveryInputError> {
        Ok(self.document.sign(identity)?)
    }

    /// What the audit says of it.
    pub(crate) fn detail(&self) -> Value {
        let document = &self.document;
        let endpoints = match &document.endpoints {
            RecoveredEndpoints::All => json!("all"),
            RecoveredEndpoints::Named(named) => json!(named),
        };
        json!({
            "file": document.id,
            "number": document.number,
            "server": document.server,
            "expires_at": document.expires_at.to_string(),
            "fingerprint": self.certificate,
            "accepted": document.allow.as_ref().map(|allow| &allow.accepted),
            "invalid_certificate_action": document.action.map(|action| action.action),
            "new_address": document.new_address,
            "endpoints": endpoints,
        })
    }
}

fn address(text: &str) -> Result<ServerAddress, RecoveryInputError> {
    ServerAddress::parse(text.trim()).map_err(|error| RecoveryInputError::Address {
        text: countersign_trust::display_text(text),
        reason: error.to_string(),
    })
}

/// The certificate in DER form, and the kinds of problem that are accepted.
fn allowed(
    wanted: &AllowedCertificate,
    shown: &[CertificateDer<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: OffsetDateTime,
) -> Result<(Vec<u8>, BTreeSet<ProblemKind>), RecoveryInputError> {
    let uploaded = wanted.certificate_pem.as_deref().map(ServerCertificate::chain_from_pem).transpose();
    let uploaded = uploaded.map_err(|error| RecoveryInputError::Certificate(error.to_string()))?;
    let chain = uploaded.as_deref().unwrap_or(shown);
    let missing = || RecoveryInputError::Certificate("There is no certificate. Give one as PEM.".to_owned());
    let leaf = chain.first().ok_or_else(missing)?.to_vec();
    let kind = |code: &String| {
        ProblemKind::ALL
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or_else(|| RecoveryInputError::Kind(code.clone()))
    };
    let mut accepted = wanted.accepted.iter().map(kind).collect::<Result<BTreeSet<_>, _>>()?;
    if accepted.is_empty() {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        // An endpoint may know other authorities than this computer does, or fewer.
        for roots in [roots, &TrustedRoots::default()] {
            accepted.extend(assess(chain, server, roots, at).kinds());
        }
        accepted.remove(&ProblemKind::Revoked);
        if accepted.is_empty() {
            return Err(RecoveryInputError::NothingWrong);
        }
    }
    Ok((leaf, accepted))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn input() -> RecoveryInput {
        RecoveryInput {
            server: "a.example".to_owned(),
            days: 7,
            allow: Some(AllowedCertificate::default()),
            action: Some(LooserAction::Warn),
            new_address: None,
            endpoints: BTreeSet::new(),
        }
    }

    #[test]
    fn what_is_wanted_becomes_a_file_that_endpoints_take() {
        let key = KeyPair::generate().unwrap();
        let served = CertificateParams::new(["b.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let served = [served.der().clone()];
        let now = OffsetDateTime::now_utc();
        let prepared = prepare(input(), &served, &TrustedRoots::default(), now).unwrap();
        let identity = IdentityKeyPair::generate().unwrap().0;
        let document = prepared.sign(&identity).unwrap().verify(&identity.public_key()).unwrap();
        let allow = document.allow.unwrap();
        assert_eq!(allow.certificate, served[0].to_vec());
        assert!(allow.accepted.contains(&ProblemKind::SelfSigned), "{:?}", allow.accepted);
        assert!(allow.accepted.contains(&ProblemKind::NameMismatch), "for the name of the server");
        assert_eq!(document.server.to_string(), "a.example:8013");
        assert_eq!(document.endpoints, RecoveredEndpoints::All);
        assert_eq!(prepared.detail()["fingerprint"], json!(Fingerprint::of(&served[0])));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        type Change = fn(&mut RecoveryInput);
        let table: &[(&str, Change)] = &[
            ("“a b” is not the address", |input| input.server = "a b".to_owned()),
            ("“:x” is not the address", |input| input.new_address = Some(":x".to_owned())),
            ("“7” is not an instance UID", |input| {
                (input.endpoints, input.allow) = (["7".to_owned()].into(), None);
            }),
            ("“odd” is not the code", |input| {
                input.allow.as_mut().unwrap().certificate_pem = Some(pem());
                input.allow.as_mut().unwrap().accepted = ["odd".to_owned()].into();
            }),
            ("nobody can accept", |input| {
                input.allow.as_mut().unwrap().certificate_pem = Some(pem());
                input.allow.as_mut().unwrap().accepted = ["revoked".to_owned()].into();
            }),
            ("at least one", |input| {
                input.allow.as_mut().unwrap().certificate_pem = Some(String::new());
            }),
            ("There is no certificate", |_| ()),
            ("must be 1 to 90", |input| (input.days, input.allow) = (91, None)),
            ("must be 1 to 90", |input| (input.days, input.allow) = (0, None)),
            ("does nothing", |input| (input.allow, input.action) = (None, None)),
        ];
        let identity = IdentityKeyPair::generate().unwrap().0;
        for (expected, change) in table {
            let mut input = input();
            change(&mut input);
            let made = prepare(input, &[], &TrustedRoots::default(), OffsetDateTime::now_utc())
                .and_then(|prepared| prepared.sign(&identity));
            let error = made.expect_err("out of bounds").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    fn pem() -> String {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(["b.example".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
    }
}
