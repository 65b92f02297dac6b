//! The same certificate in several chains.

use super::*;

#[test]
fn what_was_found_in_another_chain_tells_nothing() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    use Outcome::{Asked, ConnectsSilently, Unknown};
    let leaf = certificate(1);
    let issuer = certificate(2);
    let with_issuer = ChainDigest::of(&[leaf.as_bytes(), issuer.as_bytes()]);
    let in_chain = |chain, problems, source| Judgement {
        source,
        assessment: Assessment { chain_digest: chain, ..found(leaf, problems) },
        judged_at: EARLIER,
    };
    let knows = |judgements| Evidence { judgements, ..evidence(Vec::new()) };
    let rehearsed = |chain, problems| in_chain(chain, problems, Source::Rehearsed);
    let by_person = Source::Shown(ReportedDecision::AllowedByPerson);
    let alone = Some(alone(leaf));
    // The certificate is shown alone.
    for (what, judgements, action, outcome, reason) in [
        (
            "valid with its issuer",
            vec![rehearsed(Some(with_issuer), Vec::new())],
            Deny,
            Unknown,
            Reason::NotJudged,
        ),
        (
            "not valid with its issuer",
            vec![rehearsed(Some(with_issuer), vec![self_signed()])],
            Warn,
            Unknown,
            Reason::NotJudged,
        ),
        (
            "whatever it finds",
            vec![rehearsed(Some(with_issuer), vec![self_signed()])],
            Allow,
            ConnectsSilently,
            Reason::AllowedByProfile,
        ),
        (
            "it does not say in which chain",
            vec![rehearsed(None, Vec::new())],
            Deny,
            Unknown,
            Reason::NotJudged,
        ),
        (
            "both were judged",
            vec![rehearsed(Some(with_issuer), vec![self_signed()]), rehearsed(alone, Vec::new())],
            Deny,
            ConnectsSilently,
            Reason::Valid,
        ),
    ] {
        let evidence = knows(judgements);
        assert_eq!(outline(&evidence, 1, SSL, action), (outcome, reason), "{what}");
    }
    // What a person has allowed counts for the certificate in any chain, with what was wrong with it then.
    for (what, problems, outcome, reason) in [
        ("no more", vec![self_signed()], ConnectsSilently, Reason::Remembered),
        ("more", vec![self_signed(), expired()], Asked, Reason::MoreWrong),
    ] {
        let evidence = Evidence {
            permissions: Permissions::NotReported,
            ..knows(vec![
                in_chain(Some(with_issuer), vec![self_signed()], by_person),
                rehearsed(alone, problems),
            ])
        };
        assert_eq!(outline(&evidence, 1, SSL, Warn), (outcome, reason), "{what}");
    }
}
