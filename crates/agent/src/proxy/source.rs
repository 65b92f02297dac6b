//! What the desktop says about proxies.

use async_trait::async_trait;
use countersign_trust::{ServerAddress, display_text};

use super::address::ProxyUrl;
use super::{ProxyAddress, ProxyAddressError, ProxyLogin};

/// Tells which proxies to use.
#[async_trait]
pub trait ProxySource: Send + Sync + 'static {
    /// The way to this server. Returns within seconds.
    async fn way_to(&self, server: &ServerAddress) -> ProposedWay;
}

/// The way to a server, as the settings propose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposedWay {
    /// No proxy is needed.
    Direct,
    /// Through one of these, the first that works.
    Through(Vec<ProposedProxy>),
    /// Through a proxy, and none of those named can be used.
    Unusable {
        /// The first of them, fit to be shown.
        proxy: String,
        /// What is wrong with it, as a whole sentence.
        detail: String,
    },
}

/// A proxy, as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedProxy {
    /// The proxy.
    pub address: ProxyAddress,
    /// User and password, when the settings hold them.
    pub login: Option<ProxyLogin>,
}

impl ProposedProxy {
    fn parse(url: &str) -> Result<Self, ProxyAddressError> {
        let ProxyUrl { address, user_info } = ProxyUrl::parse(url)?;
        Ok(Self { address, login: user_info.and_then(ProxyLogin::from_user_info) })
    }
}

/// How many proxies are tried for one connection.
const MAXIMUM_PROXIES: usize = 3;

impl ProposedWay {
    /// Reads a list as a proxy resolver gives it: URLs in the order in which to try them.
    ///
    /// `direct://` in the first place means no proxy. Further down it says what to do when no proxy works, which the
    /// endpoint profile decides instead.
    pub(crate) fn from_urls<'a>(urls: impl IntoIterator<Item = &'a str>) -> Self {
        let mut proxies = Vec::new();
        let mut unusable = None;
        for url in urls {
            if url.starts_with("direct:") {
                break;
            }
            match ProposedProxy::parse(url) {
                Ok(proxy) => proxies.push(proxy),
                Err(error) => {
                    let proxy = without_user_info(url);
                    tracing::debug!(proxy, %error, "a proxy of the desktop's settings cannot be used");
                    unusable.get_or_insert(Self::Unusable { proxy, detail: error.to_string() });
                }
            }
        }
        proxies.truncate(MAXIMUM_PROXIES);
        match (proxies.is_empty(), unusable) {
            (false, _) => Self::Through(proxies),
            (true, Some(unusable)) => unusable,
            (true, None) => Self::Direct,
        }
    }
}

/// A URL that may be wrong in any way, without what may be a password.
fn without_user_info(url: &str) -> String {
    let Some((before, after)) = url.rsplit_once('@') else { return display_text(url) };
    match before.split_once("://") {
        Some((scheme, _)) => display_text(&format!("{scheme}://{after}")),
        None => display_text(after),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_resolvers_list_is_read_in_its_order() {
        let table: [(&[&str], &str); 9] = [
            (&[], "direct"),
            (&["direct://"], "direct"),
            (&["http://a:1"], "http://a:1"),
            (&["http://a:1", "socks5://b:2"], "http://a:1 socks5://b:2"),
            (&["direct://", "http://a:1"], "direct"),
            (&["http://a:1", "direct://", "http://b:2"], "http://a:1"),
            // As GIO expands socks://.
            (&["socks5://b:2", "socks4a://b:2", "socks4://b:2"], "socks5://b:2"),
            (&["http://a:1", "http://b:1", "http://c:1", "http://d:1"], "http://a:1 http://b:1 http://c:1"),
            (&["socks4://x:y@b:2", "https://b:2", "direct://"], "unusable socks4://b:2"),
        ];
        for (urls, expected) in table {
            let read = match ProposedWay::from_urls(urls.iter().copied()) {
                ProposedWay::Direct => "direct".to_owned(),
                ProposedWay::Through(proxies) => {
                    proxies.iter().map(|proxy| proxy.address.to_string()).collect::<Vec<_>>().join(" ")
                }
                ProposedWay::Unusable { proxy, .. } => format!("unusable {proxy}"),
            };
            assert_eq!(read, expected, "{urls:?}");
        }
    }

    #[test]
    fn a_login_in_the_settings_is_taken_along() {
        let way = ProposedWay::from_urls(["http://anna:hunter2@proxy:3128"]);
        assert!(!format!("{way:?}").contains("hunter2"));
        let ProposedWay::Through(proxies) = way else { panic!("{way:?}") };
        assert_eq!(proxies[0].login.as_ref().unwrap().password().expose(), "hunter2");
    }

    proptest! {
        #[test]
        fn no_list_is_too_strange_and_no_password_is_shown(
            scheme in "(http|https|socks4|x y|)", rest in "[ -~]{0,20}",
        ) {
            let url = format!("{scheme}://user:correcthorsebattery@{rest}");
            let way = ProposedWay::from_urls([url.as_str()]);
            prop_assert!(!format!("{way:?}").contains("correcthorse"), "{way:?}");
        }
    }
}
