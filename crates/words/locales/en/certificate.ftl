### A certificate, field by field, and the window that shows it.

certificate_window = Certificate of { $server }
certificate_window_area = Certificates
certificate_window_empty = None of the certificates that the server sent can be read.
certificate_copy = Copy as PEM
certificate_copy_which = Copy as PEM: { $certificate }
certificate_copied = Copied as PEM: { $certificate }.
certificate_close = Close

certificate_heading_server = The server’s own certificate
certificate_heading_chain = Certificate { $number } of the chain
certificate_issued = Issuer of: { $certificate }
certificate_issued_none = Issuer of none of the certificates that the server sent

certificate_field_problem = Problem
certificate_field_advice = Advice
certificate_field_subject = Issued to
certificate_field_issuer = Issued by
certificate_field_names = Names
certificate_field_not_before = Valid from
certificate_field_not_after = Valid until
certificate_field_kind = Kind
certificate_field_public_key = Public key
certificate_field_signature = Signature
certificate_field_serial_number = Serial number
certificate_field_fingerprint = Fingerprint (SHA-256)
certificate_field_sha1_fingerprint = Fingerprint (SHA-1)

# What is wrong, and the exact term for it.
certificate_problem = { $problem } Exact term: { $term }

certificate_no_names = none
certificate_no_fingerprint = none
certificate_unreadable = cannot be read

certificate_kind_root = certificate authority, issued by itself
certificate_kind_authority = certificate authority
certificate_kind_self_issued = not an authority, issued by itself
certificate_kind_end_entity = not an authority

## More of the viewer.

certificate_save = Save as PEM…
certificate_save_which = Save as PEM: { $certificate }
certificate_saved = Saved as { $file }.
certificate_not_saved = The file { $file } could not be written: { $detail }. Choose another folder.
