use countersign_trust::ServerAddress;
use time::OffsetDateTime;

use crate::Text;

messages! {
    prompt_headline_first();
    prompt_headline_changed();
    prompt_headline_worse();
    prompt_lead_first(server: &ServerAddress, problems: usize);
    prompt_lead_changed(server: &ServerAddress, allowed: OffsetDateTime, problems: usize);
    prompt_lead_worse(server: &ServerAddress, allowed: OffsetDateTime, problems: usize);
    prompt_compare_with();
    prompt_consequence();
    prompt_allow();
    prompt_deny();
    prompt_view_certificate();
    prompt_problems();
    prompt_comparison();
    prompt_new_problem();
    prompt_numbered_problem(number: usize, problem: &Text);
    prompt_fingerprint();
    prompt_allowed_before();
    prompt_shown_now();
    prompt_field_same(field: &Text);
    prompt_field_different(field: &Text);
    prompt_certificate();
    prompt_more_problems(more: usize);
    prompt_fact(label: &Text, value: &Text);
    allow_how_long();
    allow_until_changed();
    allow_days(days: u32);
    allow_session();
    allow_only(how_long: &Text);
    allow_not_past_expiry(not_after: OffsetDateTime);
}
