### The question that a person answers when the server’s certificate is not valid.

prompt_headline_first = This may not be your company’s server
prompt_headline_changed = The server’s certificate has changed: this may be another server
prompt_headline_worse = The certificate that you allowed has become worse

prompt_lead_first =
    Countersign cannot make sure who is behind { $server }, because its certificate has { $problems ->
        [one] a problem
       *[other] { $problems } problems
    }.
prompt_lead_changed =
    The certificate of { $server } has changed. It is not the one that was allowed on this computer on { $allowed }, and the new one has { $problems ->
        [one] a problem
       *[other] { $problems } problems
    }.
prompt_lead_worse =
    The certificate of { $server } was allowed on this computer on { $allowed }. Since then it has got { $problems ->
        [one] a new problem
       *[other] { $problems } new problems
    }.

prompt_compare_with = Ask your IT department to read you the fingerprint of their certificate, over the phone or in person. Allow the connection only if every pair is the same.
prompt_consequence = If you allow the connection, this computer takes its settings and commands from that server, and you are not asked about this certificate again for as long as you allow it. If in doubt, deny.

prompt_allow = Allow
prompt_deny = Deny
prompt_view_certificate = View certificate…

# Names for screen readers.
prompt_problems = Problems
prompt_comparison = Old and new certificate

prompt_new_problem = New
prompt_numbered_problem = { $number }. { $problem }
prompt_fingerprint = Fingerprint of the certificate (SHA-256):

prompt_allowed_before = Allowed before
prompt_shown_now = Shown now
prompt_field_same = { $field } (the same)
prompt_field_different = { $field } (different)

## The message dialog of Windows and macOS.

prompt_certificate = Certificate
prompt_more_problems =
    … and { $more ->
        [one] one more
       *[other] { $more } more
    }; the status window lists them all.
prompt_fact = { $label }: { $value }

## For how long a certificate is allowed.

allow_how_long = Allow this certificate
allow_until_changed = until it changes
allow_days =
    { $days ->
        [one] for one day
       *[other] for { $days } days
    }
allow_session = only until you log out or quit Countersign
allow_only = If you allow this certificate, it is allowed { $how_long }.
allow_not_past_expiry = At the longest until { $not_after }, when the certificate expires.
