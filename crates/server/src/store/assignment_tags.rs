//! What administrators saw when they assigned a profile, as a tag: an assignment is made only while that is still so.

use aws_lc_rs::digest::{SHA256, digest};

use super::entity::endpoint;
use super::tokens::hexadecimal;
use super::{ProfileReason, StoreError};

/// So many digits tell apart which groups have a profile.
const DIGITS: usize = 32;

/// Which profile an endpoint has, and why.
pub(crate) fn tag_of_assignment(profile: &str, reason: ProfileReason, group: Option<&str>) -> String {
    format!("{profile}.{}.{}", reason.code(), group.unwrap_or("none"))
}

/// Which groups have a profile, in whatever order they are named.
pub(crate) fn tag_of_groups<'id>(groups: impl Iterator<Item = &'id str>) -> String {
    let mut groups: Vec<&str> = groups.collect();
    groups.sort_unstable();
    let mut tag = hexadecimal(digest(&SHA256, groups.join(" ").as_bytes()).as_ref());
    tag.truncate(DIGITS);
    tag
}

/// All profiles as they are, in whatever order they are named.
pub(crate) fn tag_of_profiles<'id>(profiles: impl Iterator<Item = (&'id str, u64)>) -> String {
    let profiles: Vec<String> = profiles.map(|(id, revision)| format!("{id}.{revision}")).collect();
    tag_of_groups(profiles.iter().map(String::as_str))
}

/// Refuses a change that was meant for something else than there is.
pub(super) fn check_tag(
    expected: Option<&str>,
    present: &str,
    what: impl FnOnce() -> String,
) -> Result<(), StoreError> {
    match expected {
        Some(expected) if expected != present => Err(StoreError::ChangedMeanwhile(what())),
        Some(_) | None => Ok(()),
    }
}

/// Refuses another profile for an endpoint that has not the expected one any more, or has it for another reason.
pub(super) fn check_assignment(row: &endpoint::Model, expected: Option<&str>) -> Result<(), StoreError> {
    let reason = ProfileReason::of_code(&row.profile_reason);
    let present = tag_of_assignment(&row.profile_id, reason, row.profile_group_id.as_deref());
    check_tag(expected, &present, || format!("profile of the endpoint {}", row.host_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_that_of_what_was_seen() {
        let of = |groups: &[&'static str]| tag_of_groups(groups.iter().copied());
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a"]));
        assert_ne!(of(&["a"]), of(&[]));
        let profiles = |revision| tag_of_profiles([("a", 1), ("b", revision)].into_iter());
        assert_eq!(profiles(2), tag_of_profiles([("b", 2), ("a", 1)].into_iter()));
        assert_ne!(profiles(2), profiles(3));
        let by_hand = tag_of_assignment("p", ProfileReason::ByHand, None);
        assert_ne!(by_hand, tag_of_assignment("p", ProfileReason::Group, Some("g")));
        assert!(check_tag(Some(&by_hand), &by_hand, String::new).is_ok());
        assert!(check_tag(None, &by_hand, String::new).is_ok());
        assert!(check_tag(Some(""), &by_hand, String::new).is_err());
    }
}
