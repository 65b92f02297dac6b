//! Lets only holders of a token through.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use crate::people::{Caller, Reach, Role};
use crate::problem::Problem;
use crate::store::tokens::hash;
use crate::store::{Actor, KeyName};

/// Finds out whose token it is. Hashes are compared, so that the time of the comparison tells nothing about the token.
pub(super) async fn authenticate(
    State(administration): Shared,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::trim);
    let Some(token) = token else { return Err(Problem::unauthorized()) };
    let store = &administration.telemetry.store;
    // Another server of the same database may have replaced it.
    let kept = store.key(KeyName::AdministratorTokenHash).await?;
    let caller = if kept.is_some_and(|kept| kept.expose() == hash(token)) {
        Caller { actor: Actor::AdministratorToken, role: Role::Administrator, reach: Reach::Everything }
    } else {
        match store.use_api_token(token, administration.now()).await? {
            Some((name, role, reach)) => Caller { actor: Actor::ApiToken(name), role, reach },
            None => return Err(Problem::unauthorized()),
        }
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthorized)
    }
}
