//! Style sheets, scripts and pictures, embedded in the program. `assets/README.md` says where they come from.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::store::tokens::hash;

/// A file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! assets {
    ($($name:literal as $kind:literal),+ $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, content: include_bytes!(concat!("../../assets/", $name)) }),+]
    };
}

const ASSETS: &[Asset] = assets![
    "console.css" as "text/css; charset=utf-8",
    "console.js" as "text/javascript; charset=utf-8",
    "htmx.min.js" as "text/javascript; charset=utf-8",
    "icon.svg" as "image/svg+xml",
    "tabler.min.css" as "text/css; charset=utf-8",
    "theme.js" as "text/javascript; charset=utf-8",
];

/// How much of the hash of all files stands in their addresses, so that browsers may keep them for good.
const HASH_CHARACTERS: usize = 12;

/// What stands behind the names of the files in addresses.
pub(super) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let hashes: String =
            ASSETS.iter().map(|asset| hash(&String::from_utf8_lossy(asset.content))).collect();
        hash(&hashes).chars().take(HASH_CHARACTERS).collect()
    })
}

/// A file by its name.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
