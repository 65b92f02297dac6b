//! The OpenAPI document: what every operation has in common is said once, here.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use super::endpoints::ProfileStatus;
use crate::audit_file::AuditFileFormat;
use crate::problem::Problem;
use crate::store::{AgentFilter, EndpointOrder, Standing};

/// To which the paths are added.
#[derive(OpenApi)]
#[openapi(
    info(title = "Countersign management server", description = "Endpoints, profiles, certificates and commands."),
    components(schemas(Problem, AgentFilter, AuditFileFormat, EndpointOrder, ProfileStatus, Standing)),
    modifiers(&BearerToken)
)]
pub(super) struct Description;

/// All but the health need a token. Every operation names the scope that one needs which is limited to
/// scopes; with no name, such a token may not.
struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
        openapi.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}

/// Adds to every operation the problems with which it can be answered (RFC 9457): they follow from what it takes.
pub(super) fn with_problems(mut openapi: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in openapi.paths.paths.values_mut() {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for operation in get.iter_mut() {
            add(operation, Effect::Reads);
        }
        for operation in [put, post, patch, delete].into_iter().flatten() {
            add(operation, Effect::Changes);
        }
    }
    openapi
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Changes,
}

fn add(operation: &mut Operation, effect: Effect) {
    let mut problems = BTreeMap::from([
        (StatusCode::UNAUTHORIZED, "The token is missing, wrong or over."),
        (StatusCode::FORBIDDEN, "The role or the scopes of the token do not permit it."),
    ]);
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match parameter.parameter_in {
            ParameterIn::Path => {
                problems.insert(StatusCode::BAD_REQUEST, "The request does not fit.");
                problems.insert(StatusCode::NOT_FOUND, "There is no such thing.");
            }
            ParameterIn::Query | ParameterIn::QueryString => {
                problems.insert(StatusCode::BAD_REQUEST, "The request does not fit.");
            }
            // `If-Match`.
            ParameterIn::Header => {
                problems.insert(StatusCode::BAD_REQUEST, "The request does not fit.");
                problems.insert(
                    StatusCode::PRECONDITION_FAILED,
                    "Somebody else has changed it since it was read.",
                );
            }
            ParameterIn::Cookie => {}
        }
    }
    if operation.request_body.is_some() {
        problems.insert(StatusCode::BAD_REQUEST, "The request does not fit.");
        problems.insert(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB.");
        problems.insert(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not sent as JSON.");
        problems.insert(StatusCode::UNPROCESSABLE_ENTITY, "The content of the body does not fit.");
    }
    if effect == Effect::Changes {
        problems.insert(StatusCode::CONFLICT, "It cannot be done as things are.");
    }
    for (status, meaning) in problems {
        let schema = Ref::from_schema_name("Problem");
        let response = ResponseBuilder::new()
            .description(meaning)
            .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
            .build();
        operation.responses.responses.entry(status.as_str().to_owned()).or_insert(RefOr::T(response));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The sources below a folder.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// What types are called in the document that are described in a source.
    fn described(source: &str) -> Vec<String> {
        let mut lines = source.lines();
        let mut names = Vec::new();
        while lines.by_ref().any(|line| line.contains("ToSchema") && !line.contains("use ")) {
            let mut other = None;
            for line in lines.by_ref() {
                if let Some((_, name)) = line.split_once("schema(as = ") {
                    other = name.split(')').next().map(str::to_owned);
                }
                let mut words = line.split(|other: char| !other.is_alphanumeric());
                if words.any(|word| word == "struct" || word == "enum")
                    && !line.trim_start().starts_with("//")
                {
                    names.extend(other.or_else(|| words.next().map(str::to_owned)));
                    break;
                }
            }
        }
        names
    }

    /// Of two types of the same name the document holds one, and says of the other what is not so.
    #[test]
    fn no_two_types_have_the_same_name_in_the_document() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for of in ["server", "trust", "protocol"] {
            sources(&own.parent().unwrap().join(of).join("src"), &mut files);
        }
        let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for file in files {
            for name in described(&fs::read_to_string(&file).unwrap()) {
                places.entry(name).or_default().push(file.clone());
            }
        }
        assert!(places.contains_key("ForecastReason") && places.len() > 100, "{places:#?}");
        places.retain(|_, places| places.len() > 1);
        assert!(places.is_empty(), "{places:#?}");
    }
}
