//! Every form of the console, and that each is sent in the browser with good and with bad input.
//!
//! What a test sends is noted ([`crate::console_sending::sends`]); at its end, [`all_were_sent`] holds it against [`FORMS`], which has to know
//! every form of the templates. Whoever adds a form adds a line, and sends it once well and once badly.

use std::cell::RefCell;
use std::path::Path;

use serde_json::Value;

use crate::support::browser::Browser;

/// A form of the console.
struct Form {
    /// The file with it.
    template: &'static str,
    /// Where it is sent, as the template says, with `*` for what it puts in.
    action: &'static str,
    /// A field that only this one has of several with the same action; or `name=value` of a hidden one.
    field: &'static str,
    /// Where it is sent, when the template does not say.
    sent_to: Option<&'static str>,
    /// Why it cannot be sent with anything wrong.
    never_wrong: Option<&'static str>,
    sent_by: SentBy,
}

/// The test that sends a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentBy {
    /// `administrators_work_in_the_console`
    Console,
    /// `a_certificate_is_had_from_an_authority_in_the_console`
    Authority,
}

impl Form {
    const fn new(template: &'static str, action: &'static str) -> Self {
        Self { template, action, field: "", sent_to: None, never_wrong: None, sent_by: SentBy::Console }
    }

    const fn with(self, field: &'static str) -> Self {
        Self { field, ..self }
    }

    const fn sent_to(self, address: &'static str) -> Self {
        Self { sent_to: Some(address), ..self }
    }

    const fn with_authority(self) -> Self {
        Self { sent_by: SentBy::Authority, ..self }
    }

    const fn never_wrong(self, reason: &'static str) -> Self {
        Self { never_wrong: Some(reason), ..self }
    }

    fn name(&self) -> String {
        let Self { template, action, field, .. } = self;
        let to = self.sent_to.unwrap_or_default();
        [*template, action, field, to]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn is_of(&self, sent: &Sent) -> bool {
        let address = self.sent_to.unwrap_or(self.action);
        (address == ANYWHERE || fits(address, &sent.action))
            && (self.field.is_empty() || sent.fields.iter().any(|field| field == self.field))
    }
}

/// For a form that is sent to what the page is about.
const ANYWHERE: &str = "anywhere";

const ADMINISTRATORS: &str = "/system-settings/administrators";
const CERTIFICATE: &str = "/system-settings/server/ssl-certificate";
const LICENCE: &str = "/system-settings/licence";
const TOKENS: [&str; 2] = ["/system-settings/enrolment-tokens", "/system-settings/api-tokens"];
const REVOKE: [&str; 2] =
    ["/system-settings/enrolment-tokens/*/revoke", "/system-settings/api-tokens/*/revoke"];

/// One of the moves of a tightening, of which the template has one form.
const FINISH: &str = "/endpoint-profiles/*/tightening/*/finish";

const FORMS: &[Form] = &[
    Form::new("account.html", "/account/password"),
    Form::new("administrators.html", ADMINISTRATORS),
    Form::new("administrators.html", "/system-settings/administrators/*").with("role"),
    Form::new("administrators.html", "/system-settings/administrators/*").with("password"),
    Form::new("administrators.html", "/system-settings/administrators/*").with("enabled"),
    Form::new("administrators.html", "/system-settings/administrators/*/one-time-passwords"),
    Form::new("administrators.html", "/system-settings/administrators/*/remove"),
    Form::new("audit.html", "/system-settings/audit-log").never_wrong("whatever is typed is looked for"),
    Form::new("automated_certificate.html", "/system-settings/server/automated").with_authority(),
    Form::new("automated_certificate.html", "/system-settings/server/automated/directory").with_authority(),
    Form::new("automated_certificate.html", "/system-settings/server/automated/order").with_authority(),
    Form::new("automated_certificate.html", "/system-settings/server/automated/remove").with_authority(),
    Form::new("certificate_page.html", "/system-settings/server/certificates/*/announcement"),
    Form::new("certificate_page.html", "/system-settings/server/certificates/*/commit"),
    Form::new("certificate_page.html", "/system-settings/server/certificates/*/rehearsal"),
    Form::new("certificate_page.html", "/system-settings/server/certificates/*/rehearsal/end"),
    Form::new("certificate_page.html", "/system-settings/server/certificates/*/remove"),
    Form::new("certificates.html", "/system-settings/server/access"),
    Form::new("certificates.html", "/system-settings/server/endpoint-control"),
    Form::new("certificates.html", CERTIFICATE),
    Form::new("certificates.html", "/system-settings/server/ssl-certificate/remove"),
    Form::new("endpoint.html", "/endpoints/*/command").with("kind=collect_diagnostics"),
    Form::new("endpoint.html", "/endpoints/*/command").with("kind=deregister"),
    Form::new("endpoint.html", "/endpoints/*/command").with("kind=notify_user"),
    Form::new("endpoint.html", "/endpoints/*/command").with("kind=refresh_inventory"),
    Form::new("endpoint.html", "/endpoints/*/commands/*/cancel"),
    Form::new("endpoint.html", "/endpoints/*/profile"),
    Form::new("endpoint.html", "/endpoints/*/remove"),
    Form::new("endpoint.html", "/endpoints/*/revoke"),
    Form::new("endpoints.html", "/endpoints").never_wrong("whatever is typed is looked for"),
    Form::new("foreseen.html", "*").sent_to(ANYWHERE).with("seen"),
    Form::new("frame.html", "/sign-out").never_wrong("nothing is typed"),
    Form::new("group.html", "/endpoint-groups/*"),
    Form::new("group.html", "/endpoint-groups/*/command"),
    Form::new("group.html", "/endpoint-groups/*/members"),
    Form::new("group.html", "/endpoint-groups/*/members/*/remove"),
    Form::new("group.html", "/endpoint-groups/*/remove"),
    Form::new("groups.html", "/endpoint-groups"),
    Form::new("licence.html", LICENCE),
    Form::new("licence.html", "/system-settings/licence/remove"),
    Form::new("one_time.html", "/account/one-time-passwords"),
    Form::new("profile.html", "/endpoint-profiles/*"),
    Form::new("profile.html", "/endpoint-profiles/*/clone"),
    Form::new("profile.html", "/endpoint-profiles/*/remove"),
    Form::new("profile_comparison.html", "/endpoint-profiles/*/roll-back"),
    Form::new("profile_groups.html", "/endpoint-profiles/*/groups"),
    Form::new("profile_tightening.html", "/endpoint-profiles/*/tightening"),
    Form::new("profile_tightening.html", "/endpoint-profiles/*/tightening/*/*"),
    Form::new("profile_tightening.html", "/endpoint-profiles/*/tightening/*/*").sent_to(FINISH),
    Form::new("profile_versions.html", "/endpoint-profiles/*/comparison"),
    Form::new("profiles.html", "/endpoint-profiles"),
    Form::new("profiles.html", "/endpoint-profiles/action"),
    Form::new("recovery.html", "/system-settings/server/recovery-file"),
    Form::new("set_up.html", ""),
    Form::new("sign_in.html", "/sign-in"),
    Form::new("tokens.html", "*").sent_to(TOKENS[0]),
    Form::new("tokens.html", "*").sent_to(TOKENS[1]),
    Form::new("tokens.html", "*/*/revoke").sent_to(REVOKE[0]),
    Form::new("tokens.html", "*/*/revoke").sent_to(REVOKE[1]),
];

/// A form that was sent in the browser.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// With `*` for identifiers, and without a query.
    action: String,
    /// The names of its fields, and `name=value` of hidden ones.
    fields: Vec<String>,
}

/// What the server said to a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Refused,
}

thread_local! {
    /// What the test of this thread has sent.
    static SENT: RefCell<Vec<(Sent, Answer)>> = const { RefCell::new(Vec::new()) };
}

/// The form that a button sends, or that is chosen itself. Asked for before it is sent: its page is gone then.
#[track_caller]
pub(crate) fn form_of(browser: &Browser, css: &str) -> Sent {
    let css = Value::from(css);
    let form = browser.run(&format!(
        "const found = document.querySelector({css}); if (!found) return null; const form = found.form ?? found;\
         const fields = [...form.elements].filter((field) => field.name).flatMap((field) =>\
           field.type === 'hidden' ? [field.name, `${{field.name}}=${{field.value}}`] : [field.name]);\
         return {{action: form.getAttribute('action') ?? '', fields}};"
    ));
    let Some(action) = form["action"].as_str() else { panic!("there is no {css} on {}", browser.path()) };
    let address = action.split('?').next().unwrap_or_default();
    let is_id = |part: &str| part.len() == 36 && part.bytes().filter(|byte| *byte == b'-').count() == 4;
    let action =
        address.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/");
    let fields = form["fields"].as_array().cloned().unwrap_or_default();
    Sent { action, fields: fields.iter().filter_map(Value::as_str).map(str::to_owned).collect() }
}

/// Notes that a form was sent, and what came of it.
pub(crate) fn note(sent: Sent, answer: Answer) {
    SENT.with_borrow_mut(|all| all.push((sent, answer)));
}

/// Every form that is this test's was sent, well and badly.
#[track_caller]
pub(crate) fn all_were_sent(by: SentBy) {
    let sent = SENT.take();
    let mut missing = Vec::new();
    for form in FORMS.iter().filter(|form| form.sent_by == by) {
        let was = |wanted: Answer| {
            // A form of its own is meant rather than one that many pages share, and one with this field rather than any.
            sent.iter().any(|(sent, answer)| {
                let is_meant = |other: &&Form| other.is_of(sent) && !other.field.is_empty();
                *answer == wanted
                    && form.is_of(sent)
                    && (!form.field.is_empty() || !FORMS.iter().any(|other| is_meant(&other)))
            })
        };
        if !was(Answer::Done) {
            missing.push(format!("{} with good input", form.name()));
        }
        if form.never_wrong.is_none() && !was(Answer::Refused) {
            missing.push(format!("{} with bad input", form.name()));
        }
    }
    assert!(missing.is_empty(), "not sent:\n{}", missing.join("\n"));
}

/// Whether an address is one of these, where `*` stands for a part of it.
fn fits(pattern: &str, address: &str) -> bool {
    let (pattern, address): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), address.split('/').collect());
    pattern.len() == address.len()
        && pattern.iter().zip(address).all(|(part, found)| *part == "*" || *part == found)
}

/// A form as it stands in a template: its action, and the names of its fields as in [`Sent`].
#[derive(Debug)]
struct Written {
    template: String,
    action: String,
    fields: Vec<String>,
}

/// The value of an attribute, with `*` for what the template puts in.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let mut value = String::new();
    let mut rest = rest;
    loop {
        // A quote within braces does not end it.
        let (end, braces) = (rest.find('"')?, rest.find("{{"));
        match braces.filter(|braces| *braces < end) {
            Some(braces) => {
                value.push_str(&rest[..braces]);
                value.push('*');
                rest = rest[braces..].split_once("}}")?.1;
            }
            None => return Some(value + &rest[..end]),
        }
    }
}

/// The forms of a template that are sent to the server.
fn forms_in(template: &str, text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    for form in text.split("<form").skip(1) {
        let form = form.split("</form>").next().unwrap_or_default();
        let tag = form.split('>').next().unwrap_or_default();
        if attribute(tag, "method").as_deref() == Some("dialog") {
            continue;
        }
        let mut fields = Vec::new();
        for element in form
            .split('<')
            .filter(|element| ["input", "select", "textarea"].iter().any(|name| element.starts_with(name)))
        {
            let Some(name) = attribute(element, "name") else { continue };
            if attribute(element, "type").as_deref() == Some("hidden") {
                fields.push(format!("{name}={}", attribute(element, "value").unwrap_or_default()));
            }
            fields.push(name);
        }
        let action = attribute(tag, "action").unwrap_or_default();
        let action = action.split('?').next().unwrap_or_default().to_owned();
        found.push(Written { template: template.to_owned(), action, fields });
    }
    found
}

/// A form that no test knows would be one that nobody has sent.
#[test]
fn every_form_of_the_templates_is_known() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/server/templates");
    let mut written = Vec::new();
    for entry in std::fs::read_dir(&templates).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        written.extend(forms_in(&name, &std::fs::read_to_string(&path).unwrap()));
    }
    assert!(written.len() > 30, "{}", written.len());
    let is = |form: &Form, written: &Written| {
        form.template == written.template
            && form.action == written.action
            && (form.field.is_empty()
                || written.fields.iter().any(|field| field == "*" || field == form.field))
    };
    for written in &written {
        let known = FORMS.iter().filter(|form| is(form, written)).count();
        assert!(known > 0, "no test knows this form; add it to FORMS: {written:?}");
    }
    for form in FORMS {
        let found = written.iter().filter(|written| is(form, written)).count();
        assert_eq!(found, 1, "{} is {found} forms of the templates", form.name());
    }
}

#[test]
fn forms_are_found_in_templates() {
    let text = "<form method=\"post\" action=\"/a/{{ id(\"x\") }}/b?tab={{ tab }}\"><input type=\"hidden\" name=\"kind\" value=\"c\">\
                <select name=\"d\"></select></form><form method=\"dialog\"></form><form method=\"post\"><input name=\"{{ e }}\"></form>";
    let found = forms_in("t.html", text);
    let outline: Vec<_> = found.iter().map(|form| (form.action.as_str(), form.fields.join(" "))).collect();
    assert_eq!(outline, [("/a/*/b", "kind=c kind d".to_owned()), ("", "*".to_owned())]);
}
