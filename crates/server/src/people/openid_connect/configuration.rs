//! The section `[openid_connect]` of the configuration file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_protocol::Secret;
use openidconnect::url::Url;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use thiserror::Error;

use crate::people::Role;

/// How long an answer of the provider may take, in seconds, and the longest that can be set.
const TIME_LIMIT: u64 = 10;
const LONGEST_TIME_LIMIT: u64 = 20;
/// What the button says without a name.
const NAME: &str = "single sign-on";
/// The claim that gives roles without another one.
const ROLES_CLAIM: &str = "groups";
/// What is asked for beside `openid`.
const SCOPES: [&str; 2] = ["profile", "email"];

/// Where people can sign in instead of with a password, and what that gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIdConnectConfiguration {
    /// What the button on the sign-in page says.
    pub name: String,
    /// The provider.
    pub issuer: String,
    /// This server, as the provider knows it.
    pub client_id: String,
    /// With which this server shows the provider who it is.
    pub client_secret: Option<Secret>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Which claims give which role.
    pub roles: RoleClaims,
    /// The only roots that count for the provider's certificate; without them, those of the operating system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// How long an answer of the provider may take.
    pub time_limit: Duration,
    /// Under which address browsers reach the console; without it, the name and the port of the server.
    pub console_url: Option<String>,
}

/// Which values of a claim give which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleClaims {
    /// The claim; with dots in it, a path.
    pub claim: String,
    /// What makes somebody an administrator.
    pub administrator: Vec<String>,
    /// What makes somebody an operator.
    pub operator: Vec<String>,
    /// What lets somebody look.
    pub read_only: Vec<String>,
}

impl RoleClaims {
    /// The values that give a role.
    pub(super) fn of(&self, role: Role) -> &[String] {
        match role {
            Role::Administrator => &self.administrator,
            Role::Operator => &self.operator,
            Role::ReadOnly => &self.read_only,
        }
    }
}

/// Why people cannot sign in at a provider as it is configured.
#[derive(Debug, Error)]
pub enum OpenIdConnectSettingsError {
    /// The issuer is none.
    #[error(
        "“issuer” is “{0}”. Give the https:// address that the provider names as its issuer, without “?” and “#”."
    )]
    Issuer(String),
    /// There is no client.
    #[error("“client_id” is empty. Give the name under which the provider knows this server.")]
    NoClient,
    /// The secret is given twice.
    #[error("“client_secret” and “client_secret_file” are both set. Set one of them.")]
    TwoSecrets,
    /// A file cannot be read.
    #[error("The file {} cannot be read: {source}.", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file with the secret holds none.
    #[error("The file {} holds no secret.", .0.display())]
    NoSecret(PathBuf),
    /// The file with the roots holds none.
    #[error("The file {} holds no certificates in PEM.", .0.display())]
    NoRoots(PathBuf),
    /// Nobody would be let in.
    #[error(
        "“roles” gives nobody a role. Name for “administrator”, “operator” or “read_only” which values of the claim give it."
    )]
    NoRoles,
    /// The time limit does not fit.
    #[error("“time_limit_seconds” must be 1 to {LONGEST_TIME_LIMIT}.")]
    TimeLimit,
    /// It is not known where browsers reach the console.
    #[error(
        "The provider has to send people back, and it is not known where. Set “server_name”, or “console_url” in the section \
         [openid_connect]."
    )]
    NoConsole,
    /// The address of the console is none.
    #[error(
        "“console_url” is “{0}”. Give the https:// address of the console without a path, for example https://a.example:8443."
    )]
    Console(String),
}

/// As it stands in the configuration file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenIdConnectSettings {
    name: Option<String>,
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    roles_claim: Option<String>,
    roles: Option<RoleSettings>,
    root_file: Option<PathBuf>,
    time_limit_seconds: Option<u64>,
    console_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RoleSettings {
    administrator: Vec<String>,
    operator: Vec<String>,
    read_only: Vec<String>,
}

impl TryFrom<OpenIdConnectSettings> for OpenIdConnectConfiguration {
    type Error = OpenIdConnectSettingsError;

    fn try_from(settings: OpenIdConnectSettings) -> Result<Self, OpenIdConnectSettingsError> {
        let issuer = Url::parse(&settings.issuer).ok().filter(|url| {
            url.scheme() == "https" && url.has_host() && url.query().is_none() && url.fragment().is_none()
        });
        if issuer.is_none() {
            return Err(OpenIdConnectSettingsError::Issuer(settings.issuer));
        }
        if settings.client_id.trim().is_empty() {
            return Err(OpenIdConnectSettingsError::NoClient);
        }
        let client_secret = match (settings.client_secret, settings.client_secret_file) {
            (Some(_), Some(_)) => return Err(OpenIdConnectSettingsError::TwoSecrets),
            (Some(secret), None) => Some(Secret::new(secret)),
            (None, Some(file)) => Some(read_secret(&file)?),
            (None, None) => None,
        };
        let roles = roles(settings.roles_claim, settings.roles)?;
        let roots = settings.root_file.as_deref().map(read_roots).transpose()?;
        let seconds = settings.time_limit_seconds.unwrap_or(TIME_LIMIT);
        if !(1..=LONGEST_TIME_LIMIT).contains(&seconds) {
            return Err(OpenIdConnectSettingsError::TimeLimit);
        }
        Ok(Self {
            name: settings.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| NAME.to_owned()),
            issuer: settings.issuer,
            client_id: settings.client_id,
            client_secret,
            scopes: settings.scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec()),
            roles,
            roots,
            time_limit: Duration::from_secs(seconds),
            console_url: settings.console_url.map(checked_console).transpose()?,
        })
    }
}

/// Without settings, values that nobody has by accident.
fn roles(
    claim: Option<String>,
    settings: Option<RoleSettings>,
) -> Result<RoleClaims, OpenIdConnectSettingsError> {
    let settings = settings.unwrap_or_else(|| RoleSettings {
        administrator: vec!["countersign-administrator".to_owned()],
        operator: vec!["countersign-operator".to_owned()],
        read_only: vec!["countersign-read-only".to_owned()],
    });
    let RoleSettings { administrator, operator, read_only } = settings;
    if administrator.is_empty() && operator.is_empty() && read_only.is_empty() {
        return Err(OpenIdConnectSettingsError::NoRoles);
    }
    let claim = claim.unwrap_or_else(|| ROLES_CLAIM.to_owned());
    Ok(RoleClaims { claim, administrator, operator, read_only })
}

fn read_text(file: &Path) -> Result<String, OpenIdConnectSettingsError> {
    std::fs::read_to_string(file)
        .map_err(|source| OpenIdConnectSettingsError::Unreadable { file: file.to_owned(), source })
}

fn read_secret(file: &Path) -> Result<Secret, OpenIdConnectSettingsError> {
    let text = Secret::new(read_text(file)?);
    match text.expose().trim() {
        "" => Err(OpenIdConnectSettingsError::NoSecret(file.to_owned())),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}

fn read_roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, OpenIdConnectSettingsError> {
    let text = read_text(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        Ok(_) | Err(_) => Err(OpenIdConnectSettingsError::NoRoots(file.to_owned())),
    }
}

/// The address without a path: browsers are sent to a page below it.
fn checked_console(text: String) -> Result<String, OpenIdConnectSettingsError> {
    let fits = |url: &Url| {
        url.scheme() == "https"
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
    };
    match Url::parse(&text).ok().filter(fits) {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(OpenIdConnectSettingsError::Console(text)),
    }
}

impl fmt::Display for OpenIdConnectConfiguration {
    /// One setting a line, as they would be in the configuration file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "[openid_connect]")?;
        writeln!(formatter, "name = {:?}", self.name)?;
        writeln!(formatter, "issuer = {:?}", self.issuer)?;
        writeln!(formatter, "client_id = {:?}", self.client_id)?;
        if self.client_secret.is_some() {
            writeln!(formatter, "# the client secret is set, and not shown")?;
        }
        writeln!(formatter, "scopes = {:?}", self.scopes)?;
        writeln!(formatter, "roles_claim = {:?}", self.roles.claim)?;
        if let Some(roots) = &self.roots {
            writeln!(formatter, "# only the {} root(s) of “root_file” count", roots.len())?;
        }
        writeln!(formatter, "time_limit_seconds = {}", self.time_limit.as_secs())?;
        if let Some(url) = &self.console_url {
            writeln!(formatter, "console_url = {url:?}")?;
        }
        writeln!(formatter, "[openid_connect.roles]")?;
        for role in Role::ALL {
            writeln!(formatter, "{} = {:?}", role.code(), self.roles.of(role))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<OpenIdConnectConfiguration, String> {
        let settings: OpenIdConnectSettings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.try_into().map_err(|error: OpenIdConnectSettingsError| error.to_string())
    }

    #[test]
    fn what_is_left_out_has_a_sensible_value() {
        let least = read("issuer = \"https://a.example/realm\"\nclient_id = \"c\"").unwrap();
        assert_eq!((least.name.as_str(), least.time_limit.as_secs()), ("single sign-on", 10));
        assert_eq!(least.roles.claim, "groups");
        assert_eq!(least.roles.of(Role::Operator), ["countersign-operator"]);
        assert_eq!((least.client_secret, least.roots), (None, None));
    }

    #[test]
    fn the_secret_is_read_from_a_file_and_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "geheim\n").unwrap();
        let begin =
            "issuer = \"https://a.example\"\nclient_id = \"c\"\nconsole_url = \"https://b.example:8443/\"";
        let found = read(&format!("{begin}\nclient_secret_file = {file:?}")).unwrap();
        assert_eq!(found.client_secret.as_ref().unwrap().expose(), "geheim");
        assert_eq!(found.console_url.as_deref(), Some("https://b.example:8443"));
        let said = format!("{found} {found:?}");
        assert!(!said.contains("geheim") && said.contains("not shown"), "{said}");
        // What is said can be read again.
        assert_eq!(
            read(&found.to_string().replace("[openid_connect]\n", "").replace("openid_connect.", ""))
                .unwrap()
                .scopes,
            found.scopes
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, expected) in [
            ("issuer = \"http://a.example\"", "“issuer” is “http://a.example”"),
            ("issuer = \"https://a.example?b\"", "“issuer”"),
            ("issuer = \"a.example\"", "“issuer”"),
            ("issuer = \"https://a.example\"\nclient_id = \" \"", "“client_id” is empty"),
            ("client_secret = \"a\"\nclient_secret_file = \"/b\"", "Set one of them"),
            ("client_secret_file = \"/does/not/exist\"", "/does/not/exist cannot be read"),
            ("root_file = \"/dev/null\"", "/dev/null holds no certificates"),
            ("client_secret_file = \"/dev/null\"", "/dev/null holds no secret"),
            ("time_limit_seconds = 0", "must be 1 to 20"),
            ("time_limit_seconds = 21", "must be 1 to 20"),
            ("console_url = \"https://a.example/console\"", "“console_url”"),
            ("console_url = \"http://a.example\"", "“console_url”"),
            ("[roles]\noperator = []", "“roles” gives nobody a role"),
            ("[roles]\nroot = [\"a\"]", "unknown field `root`"),
            ("secret = \"a\"", "unknown field `secret`"),
        ] {
            let mut whole = String::new();
            for (key, value) in [("issuer", "https://a.example"), ("client_id", "c")] {
                if !text.contains(&format!("{key} =")) {
                    whole = format!("{whole}{key} = \"{value}\"\n");
                }
            }
            let error = read(&(whole + text)).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
