//! For which names a certificate is (RFC 9525, and the rule for common names).

use countersign_trust::ProblemKind;
use rcgen::{DnType, GeneralSubtree, NameConstraints};

use crate::making::{Authority, authority, judge, kinds, server};

#[test]
fn names_are_matched() {
    let root = Authority::root(authority("Root"));
    let table: [(&str, &[&str], &str, bool); 27] = [
        ("same", &["host.example.test"], "host.example.test", true),
        ("case", &["HOST.Example.Test"], "host.EXAMPLE.test", true),
        ("second name", &["a.test", "host.example.test"], "host.example.test", true),
        ("other", &["other.example.test"], "host.example.test", false),
        ("ends alike", &["example.test"], "badexample.test", false),
        ("below", &["example.test"], "host.example.test", false),
        ("wildcard", &["*.example.test"], "host.example.test", true),
        ("wildcard for two labels", &["*.example.test"], "a.host.example.test", false),
        ("wildcard for none", &["*.example.test"], "example.test", false),
        ("wildcard in a label", &["h*.example.test"], "host.example.test", false),
        ("wildcard in the middle", &["host.*.test"], "host.example.test", false),
        ("wildcard twice", &["*.*.test"], "host.example.test", false),
        ("wildcard alone", &["*"], "host", false),
        ("international name", &["xn--bcher-kva.example.test"], "bücher.example.test", true),
        ("international name below a wildcard", &["*.example.test"], "bücher.example.test", true),
        ("end with a dot", &["host.example.test"], "host.example.test.", true),
        ("address", &["192.0.2.1"], "192.0.2.1", true),
        ("other address", &["192.0.2.1"], "192.0.2.2", false),
        ("address of version 6", &["2001:db8::1"], "2001:db8:0::1", true),
        ("name for an address", &["host.example.test"], "192.0.2.1", false),
        ("address for a name", &["192.0.2.1"], "host.example.test", false),
        ("wildcard for an address", &["*.0.2.1"], "192.0.2.1", false),
        ("underscore", &["my_host.example.test"], "my_host.example.test", true),
        ("single label", &["host"], "host", true),
        ("wildcard for a label with hyphens", &["*.example.test"], "-host-.example.test", true),
        ("wildcard for a hyphen", &["*.example.test"], "-.example.test", true),
        ("hyphen at the end of a label", &["-host.example.test"], "-host.example.test", false),
    ];
    for (what, names, host, expected) in table {
        let assessment = judge(host, &[root.issue(&server(names))], &[&root]);
        assert_eq!(assessment.is_valid(), expected, "{what}: {:?}", assessment.problems);
        if !expected {
            assert_eq!(kinds(&assessment), [ProblemKind::NameMismatch], "{what}");
        }
    }
}

#[test]
fn wildcards_over_the_names_of_strangers_are_refused() {
    let root = Authority::root(authority("Root"));
    let table = [
        // No matcher takes these for a name at all.
        ("*.com", "example.com", ProblemKind::NameMismatch),
        ("*.test", "example.test", ProblemKind::NameMismatch),
        ("*.co.uk", "example.co.uk", ProblemKind::WildcardTooBroad),
        ("*.gov.au", "example.gov.au", ProblemKind::WildcardTooBroad),
    ];
    for (pattern, host, expected) in table {
        let assessment = judge(host, &[root.issue(&server(&[pattern]))], &[&root]);
        assert_eq!(kinds(&assessment), [expected], "{pattern}");
    }
    // The owner of a platform has certificates for all names below it.
    let assessment = judge("app.github.io", &[root.issue(&server(&["*.github.io"]))], &[&root]);
    assert!(assessment.is_valid(), "{:?}", assessment.problems);
}

#[test]
fn a_common_name_counts_only_where_nothing_else_can() {
    let root = Authority::root(authority("Root"));
    let mut limits = authority("Limited root");
    limits.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![GeneralSubtree::DnsName("elsewhere.test".to_owned())],
    });
    let limited = Authority::root(limits);
    let host = "host.example.test";
    let table: [(&str, &Authority, &[&str], &[&str], &str, bool); 8] = [
        ("alone", &root, &[], &[host], host, true),
        ("wildcard", &root, &[], &["*.example.test"], host, true),
        ("beside a name", &root, &["other.example.test"], &[host], host, false),
        ("beside an address", &root, &["192.0.2.1"], &[host], host, false),
        ("two of them", &root, &[], &[host, "other.example.test"], host, false),
        ("no host name", &root, &[], &["Our server"], host, false),
        ("address", &root, &[], &["192.0.2.1"], "192.0.2.1", false),
        ("with limits on names", &limited, &[], &[host], host, false),
    ];
    for (what, issuer, names, common_names, host, expected) in table {
        let mut wish = server(names);
        wish.distinguished_name = rcgen::DistinguishedName::new();
        for (index, name) in common_names.iter().enumerate() {
            // A second common name goes in under its object identifier: the library keeps one of a kind.
            let kind = if index == 0 { DnType::CommonName } else { DnType::CustomDnType(vec![2, 5, 4, 3]) };
            wish.distinguished_name.push(kind, *name);
        }
        let assessment = judge(host, &[issuer.issue(&wish)], &[issuer]);
        assert_eq!(assessment.is_valid(), expected, "{what}: {:?}", assessment.problems);
    }
}

#[test]
fn the_names_that_it_bears_are_told() {
    let root = Authority::root(authority("Root"));
    let table: [(&[&str], Option<&str>, &[&str]); 4] = [
        (&["a.test", "192.0.2.1"], Some("ignored.test"), &["a.test", "192.0.2.1"]),
        (&[], Some("other.example.test"), &["other.example.test"]),
        (&[], Some("Our product"), &[]),
        (&[], None, &[]),
    ];
    for (names, common_name, expected) in table {
        let mut wish = server(names);
        if let Some(common_name) = common_name {
            wish.distinguished_name.push(DnType::CommonName, common_name);
        }
        let assessment = judge("host.example.test", &[root.issue(&wish)], &[&root]);
        let names = expected.iter().map(|name| (*name).to_owned()).collect();
        let requested = "host.example.test".to_owned();
        assert_eq!(assessment.problems, [countersign_trust::Problem::NameMismatch { requested, names }]);
    }
}
