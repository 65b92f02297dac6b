### What an administrator should improve in a certificate, though it does not make it invalid. The names are the codes.

# $subject is the certificates, where it is not only the server’s own.
advice_about = { $subject }: { $advice }

advice_name_in_common_name_only = The host name stands in the common name only. Put it among the subject alternative names: most programs look nowhere else.
advice_common_name_not_among_names = The common name is not among the subject alternative names, so it counts for nothing.
advice_underscore_in_name = A name has an underscore, which host names must not have. Some programs refuse it.
advice_names_wrongly_marked = The subject alternative names must be marked critical exactly when the subject is empty.
advice_purpose_too_wide = It may be used for any purpose. Restrict its extended key usage to serverAuth.
advice_key_usage_without_signature = Its key usage lacks digitalSignature, which TLS 1.3 asks for.
advice_signing_without_authority = Its key usage allows it to sign certificates, though it is not an authority’s.
advice_authority_key_identifier_missing = It does not name the key of its issuer (authority key identifier), which makes renewing the issuer’s key harder.
advice_authority_key_identifier_unfit = Its authority key identifier is not the identifier of its issuer’s key.
advice_subject_key_identifier_missing = It is an authority’s and has no subject key identifier.
advice_wrongly_critical = An extension is marked critical that must not be. Some programs refuse it.
advice_not_critical = A restriction is not marked critical, so that programs that do not know it ignore it.
advice_serial_number_unfit = Its serial number is zero, negative, or longer than 20 bytes.
advice_authority_without_name = It is an authority’s and has no subject.
advice_name_constraint_with_period = A name constraint begins with a period. Programs do not agree on what that means.
advice_unreadable_extension = It has an extension that cannot be read.
