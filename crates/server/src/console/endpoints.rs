//! The list of endpoints.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use uuid::Uuid;

use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, pages, show as show_page};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::endpoints::EndpointView;
use crate::administration::groups::GroupView;
use crate::administration::profiles::ProfileView;
use crate::store::{AgentFilter, AwaySince, EndpointFilter, EndpointOrder, EndpointQuery, Page, Standing};

/// Rows of a page.
const ROWS: u64 = 50;

const CONNECTIONS: [(&str, &str); 4] = [
    ("", "All"),
    ("online", "Connected"),
    ("offline", "Not connected"),
    ("certificate_changed", "Not back since the certificate was changed"),
];
const AGENTS: [(&str, &str); 4] = [
    ("", "All"),
    ("validating", "Validating"),
    ("not_validating", "Too old"),
    ("foreign", "Another program"),
];
const ORDERS: [(&str, &str); 4] = [
    ("host_name", "Host name"),
    ("last_seen", "Last seen"),
    ("agent_version", "Version of the agent"),
    ("standing", "Trust"),
];

/// What the form above the list says. What it cannot say is taken for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListForm {
    search: String,
    connection: String,
    standing: String,
    profile: String,
    profile_status: String,
    group: String,
    agent: String,
    order: String,
    page: Option<u64>,
}

impl ListForm {
    fn is_profile(&self, id: &Uuid) -> bool {
        self.profile == id.to_string()
    }

    fn is_group(&self, id: &Uuid) -> bool {
        self.group == id.to_string()
    }

    fn query(&self) -> EndpointQuery {
        EndpointQuery {
            search: self.search.clone(),
            filter: EndpointFilter {
                online: match self.connection.as_str() {
                    "online" => Some(true),
                    "offline" => Some(false),
                    _ => None,
                },
                standing: (!self.standing.is_empty()).then(|| Standing::of_code(&self.standing)),
                profile: self.profile.parse().ok(),
                group: self.group.parse().ok(),
                profile_status: (self.profile_status == "failed").then(|| self.profile_status.clone()),
                agent: AgentFilter::of_code(&self.agent),
                away_since: (self.connection == "certificate_changed")
                    .then_some(AwaySince::CertificateChanged),
            },
            order: match self.order.as_str() {
                "last_seen" => EndpointOrder::LastSeen,
                "agent_version" => EndpointOrder::AgentVersion,
                "standing" => EndpointOrder::Standing,
                _ => EndpointOrder::HostName,
            },
            page: self.page.unwrap_or(1),
            size: ROWS,
        }
    }

    /// The address of another page of the same list.
    fn address(&self, page: u64) -> String {
        let mut address = format!("/endpoints?page={page}");
        for (name, value) in [
            ("search", &self.search),
            ("connection", &self.connection),
            ("standing", &self.standing),
            ("profile", &self.profile),
            ("profile_status", &self.profile_status),
            ("group", &self.group),
            ("agent", &self.agent),
            ("order", &self.order),
        ] {
            if !value.is_empty() {
                address.push('&');
                address.push_str(name);
                address.push('=');
                address.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
            }
        }
        address
    }
}

#[derive(Template)]
#[template(path = "endpoints.html")]
struct EndpointsPage {
    frame: Frame,
    query: ListForm,
    profiles: Vec<ProfileView>,
    groups: Vec<GroupView>,
    names: HashMap<String, String>,
    page: Page<EndpointView>,
    summary: String,
    previous: Option<String>,
    next: Option<String>,
}

pages!(EndpointsPage);

impl EndpointsPage {
    fn profile_name(&self, endpoint: &EndpointView) -> &str {
        self.names.get(&endpoint.profile.id).map_or("–", String::as_str)
    }
}

/// What an endpoint is called.
pub(super) fn name_of(endpoint: &EndpointView) -> String {
    if endpoint.host_name.is_empty() { endpoint.id.to_string() } else { endpoint.host_name.clone() }
}

fn summary(page: &Page<EndpointView>) -> String {
    let from = (page.number - 1) * page.size + 1;
    let to = from + page.rows.len() as u64 - u64::from(!page.rows.is_empty());
    match page.total {
        0 => "No endpoint fits.".to_owned(),
        1 => "1 endpoint".to_owned(),
        total if page.count() == 1 => format!("{total} endpoints"),
        total => format!("{from} to {to} of {total} endpoints"),
    }
}

/// The list.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Query(form): Query<ListForm>,
) -> Result<Response, PageProblem> {
    let page = administration.endpoints(&signed_in.caller, &form.query()).await?;
    let profiles = administration.profiles(&signed_in.caller).await?;
    let groups = administration.groups(&signed_in.caller).await?;
    let names = profiles.iter().map(|profile| (profile.id.to_string(), profile.name.clone())).collect();
    let previous = (page.number > 1).then(|| form.address(page.number - 1));
    let next = (page.number < page.count()).then(|| form.address(page.number + 1));
    Ok(show_page(&EndpointsPage {
        frame: signed_in.frame("All Endpoints", Section::Endpoints),
        query: form,
        profiles,
        groups,
        names,
        summary: summary(&page),
        page,
        previous,
        next,
    }))
}
