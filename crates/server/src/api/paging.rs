//! Pages of lists: the rows as the body, where the other pages are in the header `Link` (RFC 8288).

use axum::Json;
use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::store::{MAXIMUM_PAGE, Page};

/// How many rows there are on all pages.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("total-count");

/// No list has so many pages.
const LAST_PAGE: u64 = 1_000_000_000;

/// Which page is asked for, and how many rows a page has.
pub(super) fn wanted(page: Option<u64>, size: Option<u64>) -> Result<(u64, u64), Problem> {
    let (page, size) = (page.unwrap_or(1), size.unwrap_or(100));
    if (1..=LAST_PAGE).contains(&page) && (1..=MAXIMUM_PAGE).contains(&size) {
        return Ok((page, size));
    }
    Err(Problem::bad_request(format!("“page” is 1 to {LAST_PAGE}, and “size” is 1 to {MAXIMUM_PAGE}.")))
}

/// The query of a list that has nothing but pages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The first page is 1, the last one that can be asked for 1,000,000,000.
    #[param(minimum = 1, maximum = 1_000_000_000)]
    pub(super) page: Option<u64>,
    /// Rows of a page, 1 to 500; 100 without it.
    #[param(minimum = 1, maximum = 500)]
    pub(super) size: Option<u64>,
}

/// A page, and the address at which it was asked for.
pub(super) struct Paged<T> {
    pub(super) page: Page<T>,
    pub(super) address: Uri,
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        let link = links(&self.address, self.page.number, self.page.count());
        let total = self.page.total;
        let mut response = Json(self.page.rows).into_response();
        let headers = response.headers_mut();
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
        if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
            headers.insert(LINK, link);
        }
        response
    }
}

fn links(address: &Uri, number: u64, count: u64) -> Option<String> {
    let query: Vec<&str> = address
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("page="))
        .collect();
    let link = |number: u64, relation: &str| {
        let mut query = query.clone();
        let page = format!("page={number}");
        query.push(&page);
        format!("<{}?{}>; rel=\"{relation}\"", address.path(), query.join("&"))
    };
    let previous = (number > 1).then(|| link(number - 1, "prev"));
    let next = (number < count).then(|| link(number + 1, "next"));
    let links: Vec<String> = previous.into_iter().chain(next).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_pages_beside() {
        let address = "/api/v1/endpoints?size=2&page=2&search=a".parse().unwrap();
        for (number, count, expected) in [
            (1, 1, None),
            (1, 2, Some("</api/v1/endpoints?size=2&search=a&page=2>; rel=\"next\"")),
            (2, 2, Some("</api/v1/endpoints?size=2&search=a&page=1>; rel=\"prev\"")),
        ] {
            assert_eq!(links(&address, number, count).as_deref(), expected);
        }
        let plain = "/api/v1/endpoints".parse().unwrap();
        assert_eq!(links(&plain, 1, 3).unwrap(), "</api/v1/endpoints?page=2>; rel=\"next\"");
    }
}
