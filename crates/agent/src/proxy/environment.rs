//! The proxy variables of the environment, read as curl reads them.

use countersign_trust::ServerAddress;

use super::{Exceptions, ProposedWay};

/// What the environment says about the way to this server; nothing, if it names no proxy.
///
/// `https_proxy` comes before `HTTPS_PROXY`, then `all_proxy` and `ALL_PROXY`; an empty variable counts as absent. The
/// connection is not HTTP, but TLS it is, so the variables for HTTPS are meant.
pub(super) fn way_to(
    server: &ServerAddress,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<ProposedWay> {
    let first =
        |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let proxy = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let exceptions = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    if Exceptions::from_no_proxy(&exceptions).cover(server.host()) {
        return Some(ProposedWay::Direct);
    }
    Some(ProposedWay::from_urls([proxy.as_str()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn variables_rank_as_with_curl() {
        let table: [(Variables<'_>, Option<&str>); 12] = [
            (&[], None),
            (&[("no_proxy", "*")], None),
            (&[("http_proxy", "http://a:1")], None),
            (&[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")], Some("http://a:1")),
            (&[("HTTPS_PROXY", "http://b:1"), ("all_proxy", "http://c:1")], Some("http://b:1")),
            (&[("all_proxy", "socks5h://c:1"), ("ALL_PROXY", "http://d:1")], Some("socks5://c:1")),
            (&[("ALL_PROXY", "http://d:1")], Some("http://d:1")),
            (&[("https_proxy", ""), ("all_proxy", "http://c:1")], Some("http://c:1")),
            (&[("https_proxy", "a:1")], Some("http://a:1")),
            (&[("https_proxy", "http://a:1"), ("no_proxy", "example.com")], Some("direct")),
            (&[("https_proxy", "http://a:1"), ("no_proxy", ""), ("NO_PROXY", "example.com")], Some("direct")),
            (&[("https_proxy", "http://a:1"), ("no_proxy", "example.net")], Some("http://a:1")),
        ];
        let server = ServerAddress::new("server.example.com", 8013).unwrap();
        for (variables, expected) in table {
            let value = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let found = way_to(&server, value).map(|way| match way {
                ProposedWay::Direct => "direct".to_owned(),
                ProposedWay::Through(proxies) => proxies[0].address.to_string(),
                ProposedWay::Unusable { proxy, .. } => panic!("{proxy}"),
            });
            assert_eq!(found.as_deref(), expected, "{variables:?}");
        }
    }
}
