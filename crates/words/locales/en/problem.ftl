### What can be wrong with a certificate. For each kind: one sentence what is wrong, one what it means here (`_meaning`),
### and the exact term, for the details (`_term`). The names are the codes of the kinds.

## Which certificate, at the beginning of a sentence.

certificate_of_server = The server’s certificate
certificate_sent = Certificate number { $number } that the server sent
certificate_of_unnamed_root = The certificate of a trusted authority
certificate_of_authority = The certificate of the authority { $name }

## The kinds, the gravest first.

problem_no_certificate = The server did not present a certificate.
problem_no_certificate_meaning = Nothing shows who the other side is, so it could be anybody.
problem_no_certificate_term = No certificate presented

problem_revoked = { $certificate } has been withdrawn by its issuer.
problem_revoked_meaning = The issuer warns that nobody may rely on this certificate any more, for example because its key was stolen.
problem_revoked_term = Certificate revoked

problem_chain_too_large = The server sent { $certificates } certificates with { $bytes } bytes together, which is more than is accepted.
problem_chain_too_large_meaning = A server that is set up properly sends two to four certificates, so this may be an attempt to disturb this computer.
problem_chain_too_large_term = Certificate chain too large

problem_malformed = { $certificate } cannot be read, because it breaks the rules for certificates.
problem_malformed_meaning = Nothing in such a certificate can be relied on: the server is set up wrongly, or it is not your company’s.
problem_malformed_term = Malformed certificate (RFC 5280): { $detail }

problem_bad_signature = { $certificate } was not really signed by { $issuer }, whom it names as its issuer.
problem_bad_signature_meaning = The certificate was forged or damaged, so it does not show who the server is.
problem_bad_signature_term = Invalid certificate signature

problem_name_mismatch = The certificate is not for { $requested }, but for { $names }.
problem_name_mismatch_without_names = The certificate does not say which server it belongs to, so it cannot be for { $requested }.
problem_name_mismatch_meaning = You may have reached another server than the one you wanted, or the certificate was made for another address of your company’s server.
problem_name_mismatch_term = Host name mismatch (RFC 9525)

problem_wildcard_too_broad = The certificate claims every name under { $pattern }, which nobody can own as a whole.
problem_wildcard_too_broad_meaning = No trustworthy issuer makes such a certificate, because it would fit the servers of strangers as well.
problem_wildcard_too_broad_term = Wildcard over a public suffix

problem_self_signed = The certificate was made by the server itself, and nobody whom this computer trusts vouches for it.
problem_self_signed_meaning = Anybody can make such a certificate, so only the administrator of the server can tell you whether this one is theirs.
problem_self_signed_term = Self-signed certificate

problem_unknown_issuer = The certificate was issued by { $issuer }, whom this computer does not trust.
problem_unknown_issuer_meaning = The issuer may be your company’s own authority that was not set up on this computer, or somebody who pretends to be your company’s server.
problem_unknown_issuer_term = Unknown issuer (no path to a trusted root)

problem_unsuitable_root = The certificate rests on { $authority }, which this computer knows but which may not issue certificates.
problem_unsuitable_root_meaning = The trusted certificates of this computer are set up in a way that does not let this one vouch for a server.
problem_unsuitable_root_term = Unsuitable trust anchor: { $detail }

problem_expired = The certificate expired on { $not_after }.
problem_expired_meaning = The certificate was probably not renewed in time, or the clock of this computer is wrong, and its issuer no longer stands by it.
problem_expired_term = Certificate expired (notAfter)

problem_not_yet_valid = The certificate is not valid before { $not_before }.
problem_not_yet_valid_meaning = The clock of this computer is probably wrong, or the certificate was put to use too early.
problem_not_yet_valid_term = Certificate not yet valid (notBefore)

problem_issuer_expired = { $certificate } expired on { $not_after }.
problem_issuer_expired_meaning = Whoever vouches for the server is no longer entitled to, or the clock of this computer is wrong.
problem_issuer_expired_term = Issuer certificate expired (notAfter)

problem_issuer_not_yet_valid = { $certificate } is not valid before { $not_before }.
problem_issuer_not_yet_valid_meaning = Whoever vouches for the server is not entitled to yet, or the clock of this computer is wrong.
problem_issuer_not_yet_valid_term = Issuer certificate not yet valid (notBefore)

problem_wrong_usage = The certificate was issued for { $allowed }, not for a server.
problem_wrong_usage_meaning = The certificate was made for another purpose, so it does not prove that this is your company’s server.
problem_wrong_usage_term = Extended key usage without serverAuth

problem_wrong_key_usage = The key of the certificate may be used for { $allowed }, but not to prove who a server is.
problem_wrong_key_usage_meaning = The key was made for another purpose, so it does not prove that this is your company’s server.
problem_wrong_key_usage_term = Key usage without digitalSignature

problem_authority_as_server = The certificate of { $subject } is meant for issuing other certificates, not for a server.
problem_authority_as_server_meaning = Whoever makes their own certificate often makes this mistake, but a properly set up server has a certificate of its own.
problem_authority_as_server_term = CA certificate used by a server (basicConstraints)

problem_issuer_not_authority = { $certificate } was used to issue another one, but it is not a certificate authority’s.
problem_issuer_not_authority_meaning = Somebody may have misused an ordinary certificate to vouch for this server.
problem_issuer_not_authority_term = Issuer is not a CA (basicConstraints)

problem_issuer_may_not_sign = { $certificate } does not permit its key to sign other certificates.
problem_issuer_may_not_sign_meaning = Somebody may have used a key that was never meant for it to vouch for this server.
problem_issuer_may_not_sign_term = Issuer without keyCertSign (key usage)

problem_issuer_wrong_usage = { $certificate } may be used for { $allowed }, but not to issue certificates for servers.
problem_issuer_wrong_usage_meaning = Somebody may have used an authority that was never meant for it to vouch for this server.
problem_issuer_wrong_usage_term = Issuer not permitted for serverAuth (extended key usage)

problem_path_too_long =
    { $certificate } permits { $limit ->
        [0] no further authority
        [one] one further authority
       *[other] { $limit } further authorities
    } below itself, but the chain has more.
problem_path_too_long_meaning = An authority went beyond what it was entitled to, so its word does not count for this server.
problem_path_too_long_term = Path length constraint exceeded (pathLenConstraint)

problem_name_not_permitted = The authority { $authority } may issue certificates for certain names only, and this one is outside of them.
problem_name_not_permitted_by_unknown = An authority in the chain may issue certificates for certain names only, and this one is outside of them.
problem_name_not_permitted_meaning = An authority vouched for a server for which it is not entitled to speak, so its word does not count.
problem_name_not_permitted_term = Name outside the name constraints

problem_misplaced_name_constraints = The certificate limits the names of other certificates, which only an authority’s may do.
problem_misplaced_name_constraints_meaning = The certificate was made in an unusual way, so it cannot be told whether it may be used for this server.
problem_misplaced_name_constraints_term = Name constraints in an end-entity certificate

problem_unknown_critical_extension = { $certificate } makes a condition that this program does not know and may not ignore.
problem_unknown_critical_extension_meaning = The condition may say that the certificate must not be used for this server.
problem_unknown_critical_extension_term = Unknown critical extension { $identifier }

problem_weak_key = { $certificate } has a key that is no longer safe ({ $key }).
problem_weak_key_meaning = Somebody with enough computers could find out the key and pretend to be the server.
problem_weak_key_term = Weak public key: { $key }

problem_weak_signature = { $certificate } is signed by a method that is no longer safe ({ $algorithm }).
problem_weak_signature_meaning = Somebody with enough computers could forge such a certificate, so it is poor evidence of who the server is.
problem_weak_signature_term = Weak signature algorithm: { $algorithm }

problem_unsupported_algorithm = { $certificate } uses a method that this program cannot check ({ $algorithm }).
problem_unsupported_algorithm_meaning = This program cannot tell whether the certificate is real.
problem_unsupported_algorithm_term = Unsupported algorithm: { $algorithm }

problem_too_complex = The certificates of the server are too entangled to be checked.
problem_too_complex_meaning = It cannot be told whether anybody trustworthy vouches for the server, and this may be an attempt to disturb this computer.
problem_too_complex_term = Path validation too complex

problem_not_acceptable = The certificate was refused when it was checked.
problem_not_acceptable_meaning = Nothing in such a certificate can be relied on: the server is set up wrongly, or it is not your company’s.
problem_not_acceptable_term = Refused by the verifier: { $detail }

## What a certificate may be used for, in the middle of a sentence: extended key usage.

usage_any = any purpose
usage_servers = servers
usage_clients = clients
usage_signing_programs = signing programs
usage_email = e-mail
usage_time_stamps = time stamps
usage_certificate_status = certificate status

## … and key usage.

key_usage_signatures = signatures
key_usage_binding_signatures = binding signatures
key_usage_encrypting_keys = encrypting keys
key_usage_encrypting_data = encrypting data
key_usage_agreeing_on_keys = agreeing on keys
key_usage_signing_certificates = signing certificates
key_usage_signing_revocation_lists = signing revocation lists
key_usage_encryption_only = encryption only
key_usage_decryption_only = decryption only

## Keys and signatures. $name, $hash and $key are names of algorithms, $bits is text.

algorithm_with_bits = { $name } { $bits } bits
algorithm_with_key = { $hash } with { $key }
