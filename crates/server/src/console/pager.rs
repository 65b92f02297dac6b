//! The way from page to page of a long list.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::store::Page;

/// What stands above and below a page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pager {
    /// Which rows of how many.
    pub(super) summary: String,
    pub(super) number: u64,
    pub(super) count: u64,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    /// For a page of a list at an address, whose rows are called so, with what the list was asked for.
    pub(super) fn new<T>(
        page: &Page<T>,
        [one, many]: [&str; 2],
        address: &str,
        fields: &[(&str, &str)],
    ) -> Self {
        let beside = |number: u64| {
            let number = number.to_string();
            let fields: Vec<(&str, &str)> =
                fields.iter().copied().chain([("page", number.as_str())]).collect();
            address_with(address, &fields)
        };
        Self {
            summary: summary(page, one, many),
            number: page.number,
            count: page.count(),
            previous: (page.number > 1).then(|| beside(page.number - 1)),
            next: (page.number < page.count()).then(|| beside(page.number + 1)),
        }
    }
}

fn summary<T>(page: &Page<T>, one: &str, many: &str) -> String {
    let from = (page.number - 1) * page.size + 1;
    let to = (from + page.rows.len() as u64).saturating_sub(1);
    match page.total {
        0 => format!("No {one} fits."),
        1 => format!("1 {one}"),
        total if page.count() == 1 => format!("{total} {many}"),
        total => format!("{from} to {to} of {total} {many}"),
    }
}

/// An address with these fields, those without a value aside.
pub(super) fn address_with(address: &str, fields: &[(&str, &str)]) -> String {
    let mut address = address.to_owned();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_those_beside_them() {
        let page = |number, total, rows| Page { rows: vec![(); rows], total, number, size: 2 };
        for (page, summary, previous, next) in [
            (page(1, 0, 0), "No change fits.", None, None),
            (page(1, 1, 1), "1 change", None, None),
            (page(1, 2, 2), "2 changes", None, None),
            (page(1, 5, 2), "1 to 2 of 5 changes", None, Some("/a?b=c%20d&page=2")),
            (page(3, 5, 1), "5 to 5 of 5 changes", Some("/a?b=c%20d&page=2"), None),
        ] {
            let pager = Pager::new(&page, ["change", "changes"], "/a", &[("b", "c d"), ("e", "")]);
            assert_eq!(pager.summary, summary);
            assert_eq!((pager.previous.as_deref(), pager.next.as_deref()), (previous, next));
        }
    }
}
