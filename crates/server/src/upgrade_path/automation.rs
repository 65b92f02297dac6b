//! The parts of the path that lead to a certificate from an authority: what it takes to get one automatically.

use super::steps::{Draft, Met, SETTINGS};
use super::{CertificateFact, Facts, How, Switch};

const AUTOMATED: &str = "/system-settings/server/automated";

/// What a certificate from an authority takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AutomationFacts {
    /// *Remote HTTPS access*.
    pub(crate) remote_https_access: Switch,
    /// *Redirect HTTP request to HTTPS*.
    pub(crate) redirect_http: Switch,
    /// What is asked of an authority, if anybody has asked for anything.
    pub(crate) request: Option<RequestFact>,
    /// The last pre-check, of what is asked for if something is.
    pub(crate) check: Option<CheckFact>,
}

/// What is asked of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestFact {
    pub(crate) domain: String,
    /// Under which agents reach this server, if it is another one.
    pub(crate) other_name: Option<String>,
    pub(crate) email: String,
    pub(crate) auto_renew: Switch,
    pub(crate) terms: Terms,
    pub(crate) attempts: Attempts,
}

/// Whether somebody has agreed to the authority's terms of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    Agreed,
    NotAgreed,
}

/// How attempts at a certificate have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempts {
    /// None has come to its end.
    None,
    /// The last one has failed.
    Failed,
    /// The last one has succeeded.
    Succeeded,
}

/// What a pre-check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckFact {
    pub(crate) domain: String,
    /// Whole days ago.
    pub(crate) days_ago: i64,
    /// What stands in the way: a word for programs, and whole sentences.
    pub(crate) obstacles: Vec<(String, String)>,
}

impl CheckFact {
    /// What it has found of some kinds, in whole sentences; the empty text when it has found none of them.
    fn found(&self, codes: &[&str]) -> String {
        let found = self.obstacles.iter().filter(|(code, _)| codes.contains(&code.as_str()));
        found.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn when(&self) -> String {
        match self.days_ago {
            ..=0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days => format!("{days} days ago"),
        }
    }
}

/// What a pre-check finds when the ports do not lead here.
const PORTS: &[&str] =
    &["no_http_port", "http_port_unavailable", "only_loopback", "other_server", "port_not_reachable"];
/// What it finds when the domain does not.
const DOMAIN: &[&str] = &["name_not_resolved", "other_name"];
/// What it finds when nobody has agreed to terms, or it cannot be told whether there are any.
const TERMS: &[&str] = &["no_agreement", "authority_not_reachable"];

/// Which way to a certificate was taken, by the one that there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// None yet.
    Open,
    /// There is one from an authority, or none and an authority is asked for it.
    Automated,
    /// There is one for which no authority is needed any more, whatever one is asked for besides.
    Given(How),
}

impl Way {
    fn of(facts: &Facts) -> Self {
        match (&facts.certificate, &facts.automation.request) {
            (CertificateFact::Present { how: How::Uploaded, .. }, _) => Self::Given(How::Uploaded),
            (_, Some(_)) => Self::Automated,
            (CertificateFact::Present { how, .. }, None) => Self::Given(*how),
            (CertificateFact::None, None) => Self::Open,
        }
    }

    /// What is missing for an automated certificate matters to who wants one.
    fn met(self, so: bool) -> Met {
        match (so, self) {
            (true, _) => Met::Yes,
            (false, Self::Automated) => Met::No,
            (false, Self::Open | Self::Given(_)) => Met::NeedNot,
        }
    }

    /// What is said of a part of which nothing is known.
    fn nothing(self) -> String {
        match self {
            Self::Open => "Nothing is entered yet. Only an automated certificate needs it.",
            Self::Automated => "Nothing is entered.",
            Self::Given(How::Uploaded) => "Not needed: the certificate was uploaded.",
            Self::Given(How::Automated) => {
                "Not needed: there is a certificate, and none is asked for any more."
            }
        }
        .to_owned()
    }
}

/// The parts.
pub(super) fn parts(facts: &Facts) -> Vec<Draft> {
    let way = Way::of(facts);
    let automation = &facts.automation;
    let request = automation.request.as_ref();
    let succeeded = request.is_some_and(|request| request.attempts == Attempts::Succeeded);
    let switch = |code, title, switch: Switch, on: &str, off: &str, effect| {
        let is_on = switch == Switch::On;
        let met = if succeeded && !is_on { Met::NeedNot } else { way.met(is_on) };
        let situation = match (is_on, way) {
            (true, _) => on.to_owned(),
            (false, Way::Open | Way::Given(_)) => format!("{off} Only an automated certificate needs it."),
            (false, Way::Automated) if succeeded => {
                format!("{off} The certificate authority has issued a certificate all the same.")
            }
            (false, Way::Automated) => off.to_owned(),
        };
        Draft { code, title, met, situation, effect: Some(effect), needs: &[], place: Some(SETTINGS) }
    };
    vec![
        switch(
            "remote_https_access",
            "Automated: enable Remote HTTPS access",
            automation.remote_https_access,
            "It is on: other computers can use the console, too.",
            "It is off: only this computer can use the console.",
            "Other computers can use console and API.",
        ),
        switch(
            "redirect_http",
            "Automated: enable Redirect HTTP request to HTTPS",
            automation.redirect_http,
            "It is on.",
            "It is off: whoever opens the name of this server without https:// finds nothing.",
            "Browsers that ask the HTTP port are sent to HTTPS. Certificate authorities are answered all the same.",
        ),
        ports(automation, way),
        domain(automation, way),
        Draft {
            code: "email",
            title: "Automated: enter an e-mail address",
            met: way.met(request.is_some()),
            situation: request.map_or_else(
                || way.nothing(),
                |request| format!("The certificate authority writes to {}.", request.email),
            ),
            effect: Some("The certificate authority writes there when something is wrong."),
            needs: &[],
            place: Some(AUTOMATED),
        },
        auto_renew(request, way),
        terms(facts, way),
        upload(facts, way),
    ]
}

fn ports(automation: &AutomationFacts, way: Way) -> Draft {
    let attempts = automation.request.as_ref().map(|request| request.attempts);
    let (reached, situation) = match (&automation.check, attempts) {
        (_, Some(Attempts::Succeeded)) => {
            (true, "The certificate authority has reached this server.".to_owned())
        }
        (Some(check), _) => {
            let found = check.found(PORTS);
            if found.is_empty() {
                let domain = &check.domain;
                (true, format!("This server has reached itself as {domain}, in the pre-check {}.", check.when()))
            } else {
                (false, format!("The pre-check {} has found: {found}", check.when()))
            }
        }
        (None, _) if matches!(way, Way::Given(_)) => (false, way.nothing()),
        (None, _) => (
            false,
            "Whether they lead here is not known. “Check first” on the page of the automated certificate finds out as far as \
             this computer can."
                .to_owned(),
        ),
    };
    Draft {
        code: "ports",
        title: "Automated: make ports 80 and 443 accessible from the internet",
        met: way.met(reached),
        situation,
        effect: Some(
            "The certificate authority can convince itself, on one of them, that the name belongs to this server.",
        ),
        needs: &[],
        place: Some(AUTOMATED),
    }
}

fn domain(automation: &AutomationFacts, way: Way) -> Draft {
    let found = automation.check.as_ref().map(|check| check.found(DOMAIN)).unwrap_or_default();
    let (right, situation) = match &automation.request {
        None => (false, way.nothing()),
        Some(RequestFact { domain, attempts: Attempts::Succeeded, other_name: None, .. }) => {
            (true, format!("It is {domain}, for which the certificate authority has issued a certificate."))
        }
        Some(RequestFact { domain, other_name: Some(name), .. }) => (
            false,
            format!(
                "It is {domain}, and agents reach this server as {name}: they would find the certificate not valid."
            ),
        ),
        Some(RequestFact { domain, .. }) if found.is_empty() => (true, format!("It is {domain}.")),
        Some(RequestFact { domain, .. }) => (false, format!("It is {domain}. {found}")),
    };
    Draft {
        code: "domain",
        title: "Automated: enter the name of this server as the domain, which the public DNS has to resolve",
        met: way.met(right),
        situation,
        effect: Some("The certificate is for this name, under which agents have to reach this server."),
        needs: &[],
        place: Some(AUTOMATED),
    }
}

fn auto_renew(request: Option<&RequestFact>, way: Way) -> Draft {
    let (met, situation) = match request.map(|request| request.auto_renew) {
        Some(_) if matches!(way, Way::Given(_)) => (
            Met::NeedNot,
            "It concerns a certificate from an authority. The one that is used was uploaded.".to_owned(),
        ),
        Some(Switch::On) => (Met::Yes, "It is on: the certificate is renewed before it ends.".to_owned()),
        Some(Switch::Off) => (
            Met::NeedNot,
            "It is off: somebody has to order another certificate before this one ends.".to_owned(),
        ),
        None => (Met::NeedNot, way.nothing()),
    };
    let title = "Automated: enable Auto Renew, if desired";
    let effect = Some("Another certificate is ordered before this one ends.");
    Draft { code: "auto_renew", title, met, situation, effect, needs: &[], place: Some(AUTOMATED) }
}

fn terms(facts: &Facts, way: Way) -> Draft {
    let automation = &facts.automation;
    let found = automation.check.as_ref().map(|check| check.found(TERMS));
    let (agreed, mut situation) = match (&automation.request, found) {
        (None, _) => (false, way.nothing()),
        (Some(RequestFact { terms: Terms::Agreed, .. }), _) => (true, "They were agreed to.".to_owned()),
        (Some(RequestFact { attempts: Attempts::Succeeded, .. }), _) => {
            (true, "The certificate authority has issued a certificate without it.".to_owned())
        }
        (Some(_), Some(found)) if found.is_empty() => {
            (true, "The pre-check has found none to agree to.".to_owned())
        }
        (Some(_), Some(found)) => (false, found),
        (Some(_), None) => {
            (false, "Nobody has agreed to any, if the certificate authority has some.".to_owned())
        }
    };
    let attempts = automation.request.as_ref().map(|request| request.attempts);
    // Of what an authority has issued once, a renewal that fails takes nothing away.
    let imported = match (&facts.certificate, attempts) {
        (CertificateFact::Present { how: How::Automated, .. }, _) | (_, Some(Attempts::Succeeded)) => true,
        (CertificateFact::None, attempts) => attempts != Some(Attempts::Failed),
        (CertificateFact::Present { how: How::Uploaded, .. }, _) => false,
    };
    if agreed && !imported {
        situation.push_str(match way {
            Way::Given(_) => " No certificate of the authority is used: the one that is used was uploaded.",
            Way::Open | Way::Automated => {
                " The certificate authority has not issued the certificate: the page of the automated certificate says why."
            }
        });
    }
    Draft {
        code: "terms",
        title: "Automated: agree to the certificate authority's terms of service, and import",
        met: way.met(agreed && imported),
        situation,
        effect: Some("The certificate is ordered, and how far that is can be looked at."),
        needs: &[],
        place: Some(AUTOMATED),
    }
}

/// Where the SSL certificate comes from, or what becomes of getting one.
pub(super) fn imported(facts: &Facts) -> String {
    let attempts = facts.automation.request.as_ref().map(|request| request.attempts);
    match (&facts.certificate, attempts) {
        (CertificateFact::Present { how: How::Automated, .. }, _) => "There is one, got automatically.",
        (CertificateFact::Present { how: How::Uploaded, .. }, _) => "There is one, uploaded.",
        (CertificateFact::None, None) => {
            "There is none. It can be got automatically, which takes the parts above that begin with “Automated”, or uploaded."
        }
        (CertificateFact::None, Some(Attempts::None)) => "There is none yet. A certificate authority is asked for it.",
        (CertificateFact::None, Some(Attempts::Failed)) => {
            "There is none yet: the certificate authority has not issued it. The page of the automated certificate says why."
        }
        (CertificateFact::None, Some(Attempts::Succeeded)) => {
            "There is none in use. The page of the automated certificate says what becomes of the one that was issued."
        }
    }
    .to_owned()
}

fn upload(facts: &Facts, way: Way) -> Draft {
    let (met, situation) = match way {
        _ if facts.certificate == CertificateFact::None => {
            (Met::NeedNot, "Instead of all parts that begin with “Automated”: a file with its password.")
        }
        Way::Open | Way::Automated => (Met::NeedNot, "Not needed: the certificate comes from an authority."),
        Way::Given(How::Automated) => (Met::NeedNot, "Not needed: the certificate came from an authority."),
        Way::Given(How::Uploaded) => (Met::Yes, "The certificate was uploaded."),
    };
    let (title, situation) = ("Upload: choose the certificate and enter its password", situation.to_owned());
    let effect = Some("The certificate is read and judged. Nobody is shown it before it is committed.");
    Draft { code: "upload", title, met, situation, effect, needs: &[], place: Some(SETTINGS) }
}
