//! The console as a browser uses it: forms and a cookie.

use std::net::SocketAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Running;
use super::http::{Response, exchange, exchange_bytes};
use super::tls;

/// The name and password of the first administrator in the tests.
pub(crate) const NAME: &str = "anna";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A field of a form: its name, the name of the file if it is one, and what is in it.
pub(crate) type Part<'part> = (&'part str, Option<&'part str>, &'part [u8]);

/// A browser, signed in or not.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    address: SocketAddr,
    cookie: String,
}

impl Console {
    pub(crate) fn new(running: &Running) -> Self {
        Self::at(running.server.console)
    }

    /// A browser that looks at this address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, cookie: String::new() }
    }

    /// Makes the account of the first administrator.
    pub(crate) async fn set_up(running: &Running) -> Self {
        let console = Self::new(running);
        console.set_up_at(running.server.set_up_link.as_ref().unwrap().expose()).await;
        console
    }

    /// Makes the account of the first administrator, where the link leads.
    pub(crate) async fn set_up_at(&self, link: &str) {
        let path = &link[link.find("/set-up/").unwrap()..];
        let fields = [("name", NAME), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(self.post(path, &fields).await.header("location"), "/sign-in");
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let mut stream = tls::connect(self.address, None).await.unwrap();
        exchange(&mut stream, "GET", path, &[("Cookie", &self.cookie)], None).await
    }

    /// As a page that renews itself does.
    pub(crate) async fn get_by_itself(&self, path: &str) -> Response {
        let mut stream = tls::connect(self.address, None).await.unwrap();
        let headers = [("Cookie", self.cookie.as_str()), ("Countersign-By-Itself", "yes")];
        exchange(&mut stream, "GET", path, &headers, None).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.post_with(path, &[("Sec-Fetch-Site", "same-origin")], fields).await
    }

    /// Sends a form with what browsers say about where it comes from.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Response {
        let mut stream = tls::connect(self.address, None).await.unwrap();
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let mut headers = headers.to_vec();
        headers.push(("Cookie", &self.cookie));
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        exchange(&mut stream, "POST", path, &headers, Some(&pairs.join("&"))).await
    }

    /// Sends a form with files (RFC 7578).
    pub(crate) async fn post_files(&self, path: &str, parts: &[Part<'_>]) -> Response {
        const BOUNDARY: &str = "between-the-parts-7d83f1";
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        }
        body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers =
            [("Sec-Fetch-Site", "same-origin"), ("Cookie", self.cookie.as_str()), ("Content-Type", &kind)];
        let mut stream = tls::connect(self.address, None).await.unwrap();
        exchange_bytes(&mut stream, "POST", path, &headers, Some(&body)).await.unwrap()
    }

    /// Signs in, and keeps the cookie if that succeeds.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str, one_time: &str) -> Response {
        let fields = [("name", name), ("password", password), ("one_time_password", one_time)];
        let response = self.post("/sign-in", &fields).await;
        if response.status == 303 {
            let set = response.headers("set-cookie").find(|cookie| cookie.starts_with("__Host-countersign="));
            set.unwrap().split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        response
    }

    /// Whether it is still signed in.
    pub(crate) async fn is_signed_in(&self) -> bool {
        self.get("/").await.status == 200
    }
}
