### A recovery file, by which a server helps a computer that refuses it. $until is a moment, with “UTC” where it is not local.

## What it would do: shown before it is used. Nobody but the server of this computer can have made it.

recovery_offer = Use this recovery file?
recovery_offer_lead = Your server { $server } made this file to help this computer connect to it. The signature has been checked.
# $problems is a list of what is wrong with the certificate.
recovery_offer_certificate = Until { $until }, this computer accepts the certificate with the fingerprint below, although it is not valid ({ $problems }).
recovery_offer_warn = Until { $until }, you are asked whether to connect when the certificate of the server is not valid, even if the endpoint profile forbids to connect.
recovery_offer_allow = Until { $until }, this computer connects to the server whatever is wrong with its certificate, even if the endpoint profile forbids it. Only a certificate that was revoked is still refused.
recovery_offer_address = From now on, this computer looks for the server at { $server }.
recovery_offer_expires = The file can be used once, until { $until }.
recovery_offer_doubt = Use it only if your IT department gave it to you. If you are in doubt, choose Cancel and ask them.
recovery_use = Use this file
recovery_cancel = Cancel
recovery_details = Details…

## What came of it.

recovery_taken = The recovery file is taken
recovery_taken_server = This computer connects to { $server }.
recovery_taken_certificate = The certificate { $fingerprint } is allowed.
recovery_taken_action = The action for an invalid certificate is not stricter than { $action }.
recovery_taken_until = What the file allows ends on { $until }.
recovery_refused = This recovery file cannot be used
recovery_refused_nothing_changed = Nothing has been changed on this computer.
