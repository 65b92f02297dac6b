//! The endpoint profile: what an administrator decides for a group of endpoints, as a document that the
//! server's identity key signs, carried in OpAMP's remote configuration.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use countersign_trust::{InvalidCertificateAction, RememberOptions};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::identity::{IdentityError, IdentityKeyPair, IdentityPublicKey};
use crate::opamp::{AgentConfigFile, AgentConfigMap, AgentRemoteConfig};
use crate::proxy_fallback::ProxyFallback;
use crate::trial::Trial;

/// The name of the profile document in the configuration map.
pub const PROFILE_FILE: &str = "endpoint-profile.json";
/// The name of its signature there: 64 bytes of Ed25519.
pub const SIGNATURE_FILE: &str = "endpoint-profile.sig";

/// The version of the document's form that this crate writes and reads.
const SCHEMA: u32 = 1;

/// Goes before every signed document, so that no signature made for another purpose fits.
const SIGNATURE_CONTEXT: &[u8] = b"countersign endpoint profile v1\0";

/// The shortest heartbeat interval in seconds.
pub const MINIMUM_HEARTBEAT_SECONDS: u32 = 5;
/// The longest heartbeat interval in seconds: one hour.
pub const MAXIMUM_HEARTBEAT_SECONDS: u32 = 3600;
/// The heartbeat interval in seconds of a new profile (the default of the OpAMP specification).
pub const DEFAULT_HEARTBEAT_SECONDS: u32 = 30;

/// What an administrator decided for the endpoints that have this profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointProfile {
    /// Always 1 in this version.
    pub schema: u32,
    /// The same through all revisions.
    pub id: Uuid,
    /// As the administrator named it.
    pub name: String,
    /// Counts the changes; an agent never goes back to a lower one of the same profile.
    pub revision: u64,
    /// What to do when the server's certificate is not valid (specification, "Invalid Certificate Action").
    pub invalid_certificate_action: InvalidCertificateAction,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: u32,
    /// For how long people may allow an invalid certificate.
    // Left out as long as nobody has changed it: agents of earlier versions refuse what they do not know.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remember: RememberOptions,
    /// Whether to connect directly when no proxy lets the agent through.
    #[serde(default, skip_serializing_if = "is_default")]
    pub proxy_fallback: ProxyFallback,
    /// Whether the action is on trial. Agents that do not announce [`crate::custom::TRIALS`] refuse such a profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Why a profile is not accepted.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The remote configuration has not both files.
    #[error("the remote configuration holds no {file:?}")]
    Missing {
        /// The file that is not there.
        file: &'static str,
    },
    /// The document is no profile.
    #[error("the endpoint profile is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A document of a later form.
    #[error("the endpoint profile has the schema {schema}; this version reads schema {SCHEMA}")]
    Schema {
        /// The number that was found.
        schema: u32,
    },
    /// The interval is out of bounds.
    #[error(
        "the endpoint profile asks for a heartbeat every {seconds} s; \
         between {MINIMUM_HEARTBEAT_SECONDS} and {MAXIMUM_HEARTBEAT_SECONDS} s are possible"
    )]
    Heartbeat {
        /// The number that was found.
        seconds: u32,
    },
    /// More days than a person may be offered.
    #[error(
        "the endpoint profile lets people allow a certificate for {days} days; at most {} are possible",
        RememberOptions::MAXIMUM_DAYS
    )]
    RememberDays {
        /// The number that was found.
        days: u16,
    },
    /// A trial of no time, or of too long a time.
    #[error(
        "the endpoint profile tries its action for {minutes} minutes; between {} and {} are possible",
        Trial::MINIMUM_MINUTES,
        Trial::MAXIMUM_MINUTES
    )]
    TrialMinutes {
        /// The number that was found.
        minutes: u16,
    },
    /// What is fallen back to has to be less strict.
    #[error(
        "the endpoint profile tries the action {action} and falls back to {fall_back}, which is not less strict"
    )]
    TrialAction {
        /// What is tried.
        action: InvalidCertificateAction,
        /// What holds afterwards.
        fall_back: InvalidCertificateAction,
    },
    /// Signed by nobody or somebody else.
    #[error("the endpoint profile is not signed by this server: {0}")]
    Signature(#[from] IdentityError),
    /// The hash in the message is not that of its content.
    #[error("the hash of the remote configuration does not belong to its content")]
    Hash,
}

impl EndpointProfile {
    /// A first revision with the defaults for everything else.
    #[must_use]
    pub fn new(id: Uuid, name: String, invalid_certificate_action: InvalidCertificateAction) -> Self {
        Self {
            schema: SCHEMA,
            id,
            name,
            revision: 1,
            invalid_certificate_action,
            heartbeat_seconds: DEFAULT_HEARTBEAT_SECONDS,
            remember: RememberOptions::default(),
            proxy_fallback: ProxyFallback::default(),
            trial: None,
        }
    }

    /// The same profile with a stricter action on trial; what it says now is what is fallen back to.
    #[must_use]
    pub fn on_trial(mut self, action: InvalidCertificateAction, id: Uuid, minutes: u16) -> Self {
        self.trial = Some(Trial { id, minutes, fall_back_action: self.invalid_certificate_action });
        self.invalid_certificate_action = action;
        self
    }

    /// Writes and signs the document.
    ///
    /// # Errors
    /// When a value is out of bounds.
    pub fn sign(&self, identity: &IdentityKeyPair) -> Result<SignedProfile, ProfileError> {
        self.check()?;
        let document = serde_json::to_vec(self)?;
        let signature = identity.sign(&signed_bytes(&document));
        Ok(SignedProfile { document, signature })
    }

    fn check(&self) -> Result<(), ProfileError> {
        if self.schema != SCHEMA {
            return Err(ProfileError::Schema { schema: self.schema });
        }
        if !(MINIMUM_HEARTBEAT_SECONDS..=MAXIMUM_HEARTBEAT_SECONDS).contains(&self.heartbeat_seconds) {
            return Err(ProfileError::Heartbeat { seconds: self.heartbeat_seconds });
        }
        if self.remember.days > RememberOptions::MAXIMUM_DAYS {
            return Err(ProfileError::RememberDays { days: self.remember.days.get() });
        }
        if let Some(trial) = &self.trial {
            if !(Trial::MINIMUM_MINUTES..=Trial::MAXIMUM_MINUTES).contains(&trial.minutes) {
                return Err(ProfileError::TrialMinutes { minutes: trial.minutes });
            }
            if trial.fall_back_action >= self.invalid_certificate_action {
                return Err(ProfileError::TrialAction {
                    action: self.invalid_certificate_action,
                    fall_back: trial.fall_back_action,
                });
            }
        }
        Ok(())
    }
}

/// A profile document with its signature, as it is sent and stored. Nothing in it is believed before
/// [`SignedProfile::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedProfile {
    /// The JSON text of an [`EndpointProfile`].
    pub document: Vec<u8>,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

impl SignedProfile {
    /// Checks the signature and reads the document.
    ///
    /// # Errors
    /// When it is not signed by `server`, malformed, or out of bounds.
    pub fn verify(&self, server: &IdentityPublicKey) -> Result<EndpointProfile, ProfileError> {
        server.verify(&signed_bytes(&self.document), &self.signature)?;
        self.read_unverified()
    }

    /// Reads the document without asking who wrote it. Only for sessions in which no identity is known
    /// yet; what is read may tighten the action and nothing else.
    ///
    /// # Errors
    /// When it is malformed or out of bounds.
    pub fn read_unverified(&self) -> Result<EndpointProfile, ProfileError> {
        // The schema is read first: a later one may have fields that this version would call unknown.
        let schema = serde_json::from_slice::<SchemaOnly>(&self.document)?.schema;
        if schema != SCHEMA {
            return Err(ProfileError::Schema { schema });
        }
        let profile: EndpointProfile = serde_json::from_slice(&self.document)?;
        profile.check()?;
        Ok(profile)
    }

    /// The hash under which OpAMP speaks of this configuration: SHA-256 over document and signature.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        let mut content = self.document.clone();
        content.extend_from_slice(&self.signature);
        digest(&SHA256, &content).as_ref().to_vec()
    }

    /// As it goes into a `ServerToAgent`.
    #[must_use]
    pub fn to_remote_config(&self) -> AgentRemoteConfig {
        AgentRemoteConfig { config: Some(self.to_config_map()), config_hash: self.hash() }
    }

    /// As an agent reports it in its effective configuration.
    #[must_use]
    pub fn to_config_map(&self) -> AgentConfigMap {
        let file = |body: &[u8], content_type: &str| AgentConfigFile {
            body: body.to_vec(),
            content_type: content_type.to_owned(),
        };
        AgentConfigMap {
            config_map: HashMap::from([
                (PROFILE_FILE.to_owned(), file(&self.document, "application/json")),
                (SIGNATURE_FILE.to_owned(), file(&self.signature, "application/octet-stream")),
            ]),
        }
    }

    /// Takes the two files out of a remote configuration.
    ///
    /// # Errors
    /// When one is missing or the hash does not fit.
    pub fn from_remote_config(config: &AgentRemoteConfig) -> Result<Self, ProfileError> {
        let body = |file: &'static str| {
            let files = config.config.as_ref().ok_or(ProfileError::Missing { file })?;
            files.config_map.get(file).map(|found| found.body.clone()).ok_or(ProfileError::Missing { file })
        };
        let profile = Self { document: body(PROFILE_FILE)?, signature: body(SIGNATURE_FILE)? };
        if profile.hash() == config.config_hash { Ok(profile) } else { Err(ProfileError::Hash) }
    }
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

fn signed_bytes(document: &[u8]) -> Vec<u8> {
    [SIGNATURE_CONTEXT, document].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> IdentityKeyPair {
        IdentityKeyPair::generate().expect("random numbers").0
    }

    fn profile() -> EndpointProfile {
        EndpointProfile::new(Uuid::from_u128(1), "Default".into(), InvalidCertificateAction::Warn)
    }

    #[test]
    fn a_signed_profile_survives_the_wire() {
        let identity = identity();
        let signed = profile().sign(&identity).expect("in bounds");
        let received = SignedProfile::from_remote_config(&signed.to_remote_config()).expect("both files");
        assert_eq!(received.verify(&identity.public_key()).expect("own signature"), profile());
    }

    #[test]
    fn a_changed_document_or_another_key_is_refused() {
        let identity = identity();
        let mut signed = profile().sign(&identity).expect("in bounds");
        assert!(matches!(signed.verify(&self::identity().public_key()), Err(ProfileError::Signature(_))));
        let loosened = String::from_utf8_lossy(&signed.document).replace("warn", "allow").into_bytes();
        assert_ne!(loosened, signed.document);
        signed.document = loosened;
        assert!(matches!(signed.verify(&identity.public_key()), Err(ProfileError::Signature(_))));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let identity = identity();
        let documents: &[(&str, &str)] = &[
            (r#"{"schema":2,"later":true}"#, "schema 2"),
            (r#"{"schema":1}"#, "missing field `id`"),
            ("[]", "malformed"),
            (
                r#"{"schema":1,"id":"00000000-0000-0000-0000-000000000001","name":"x","revision":1,
                    "invalid_certificate_action":"maybe","heartbeat_seconds":30}"#,
                "unknown variant `maybe`",
            ),
            (
                r#"{"schema":1,"id":"00000000-0000-0000-0000-000000000001","name":"x","revision":1,
                    "invalid_certificate_action":"warn","heartbeat_seconds":0}"#,
                "every 0 s",
            ),
        ];
        for (document, expected) in documents {
            let document = document.as_bytes().to_vec();
            let signature = identity.sign(&signed_bytes(&document));
            let error = SignedProfile { document, signature }
                .verify(&identity.public_key())
                .expect_err("must be refused")
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_agents_of_earlier_versions_do_not_know_is_left_out_unless_it_is_set() {
        let usual = serde_json::to_value(profile()).expect("a document");
        assert!(usual.get("remember").is_none() && usual.get("proxy_fallback").is_none(), "{usual}");
        let read: EndpointProfile = serde_json::from_value(usual).expect("a document of earlier versions");
        assert_eq!((read.remember, read.proxy_fallback), Default::default());

        let mut set = profile();
        set.remember.longest = countersign_trust::RememberLimit::Days;
        set.proxy_fallback = ProxyFallback::Direct;
        let signed = set.sign(&identity()).expect("in bounds");
        assert_eq!(signed.read_unverified().expect("a document"), set);
        set.remember.days = std::num::NonZeroU16::MAX;
        let error = set.sign(&identity()).expect_err("out of bounds").to_string();
        assert!(error.contains("65535 days; at most 3650"), "{error}");
    }

    #[test]
    fn a_trial_is_bounded_and_falls_back_to_something_less_strict() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        let table = [
            (Warn, Deny, 1, None),
            (Allow, Deny, 1440, None),
            (Allow, Warn, 0, Some("for 0 minutes; between 1 and 1440")),
            (Allow, Warn, 1441, Some("for 1441 minutes")),
            (Warn, Warn, 5, Some("tries the action warn and falls back to warn")),
            (Deny, Warn, 5, Some("falls back to deny")),
        ];
        for (former, action, minutes, expected) in table {
            let mut on_trial = profile();
            on_trial.invalid_certificate_action = former;
            let on_trial = on_trial.on_trial(action, Uuid::from_u128(2), minutes);
            match (on_trial.sign(&identity()), expected) {
                (Ok(signed), None) => assert_eq!(signed.read_unverified().expect("a document"), on_trial),
                (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (result, expected) => panic!("{former} to {action}: {result:?} instead of {expected:?}"),
            }
        }
        let usual = serde_json::to_value(profile()).expect("a document");
        assert!(
            usual.get("trial").is_none(),
            "agents of earlier versions refuse what they do not know: {usual}"
        );
    }

    #[test]
    fn the_hash_must_fit() {
        let signed = profile().sign(&identity()).expect("in bounds");
        let mut config = signed.to_remote_config();
        config.config_hash[0] ^= 1;
        assert!(matches!(SignedProfile::from_remote_config(&config), Err(ProfileError::Hash)));
        config.config = None;
        assert!(matches!(SignedProfile::from_remote_config(&config), Err(ProfileError::Missing { .. })));
    }
}
