### The state of the connection, and the window that shows it.

## The state in one line: in the menu and at the top of the window.

state_disconnected = Disconnected
state_connecting = Connecting…
state_awaiting_decision = Your answer is needed
state_connected = Connected
state_connected_unverified = Connected without a valid certificate
state_refused = Connection refused
state_backing_off = Waiting to connect again

## What it means, in whole sentences.

state_without_server_meaning = No management server is set up on this computer. Ask your IT department how to set it up.
state_disconnected_meaning = This computer is not connected, and does not try to be.
state_connecting_meaning = The connection is being made.
state_awaiting_decision_meaning = The server cannot show a valid certificate. Decide whether this computer connects to it; until then it sends nothing.
state_connected_meaning = This computer is managed by the server.

## Why a server is not connected to.

refused_denied_by_person = The connection was denied on this computer. Choose Connect to be asked again.
refused_nobody_to_ask = The server cannot show a valid certificate, and nobody could be asked whether to connect. Choose Connect to be asked again.
refused_denied_by_profile = The server’s certificate is not valid, and the endpoint profile forbids connecting to such a server. Your administrator has to give the server a valid certificate.
refused_possession_not_proved = The server showed a certificate but did not prove that it belongs to it. Somebody may be pretending to be the server; tell your administrator.
refused_revoked = The server’s certificate has been revoked by its issuer, so nobody can allow it. Tell your administrator.
refused_no_certificate = The server showed no certificate. Tell your administrator.

## Why the next attempt comes later. $detail is what the system or the server said.

back_off_unreachable = The server cannot be reached: { $detail }.
back_off_timed_out = The server does not answer in time.
back_off_old_tls = The server does not offer TLS 1.3, which Countersign requires. Your administrator has to update it.
back_off_not_tls = What answers at this address does not speak TLS, so it is not a management server. Check host name and port.
back_off_handshake_failed = No secure connection could be made: { $detail }.
back_off_not_accepted = The server does not accept this computer: { $detail } Ask your IT department for a new enrolment token.
back_off_not_identified = The server cannot show a valid certificate and did not prove its identity in another way, so this computer did not enrol with it.
back_off_other_identity = This is not the server that this computer was set up for: it proved another identity. It was given nothing. Tell your IT department.
back_off_protocol_error = The server’s answer was not understood: { $detail }.
back_off_connection_lost = The connection was lost.
back_off_server_busy = The server is busy and asked to come back later.
back_off_server_restarting = The server restarts or has a new certificate.

## How the certificate of the server is trusted.

trust_no_certificate = No certificate has been seen yet.
trust_valid = The certificate is valid: it is for this server, has not expired, and comes from an issuer that this computer trusts.
trust_invalid = The certificate is not valid.
trust_remembered = The certificate is not valid. You allowed it for this server, and it has not changed since.
trust_recovered = The certificate is not valid. A recovery file of the server allows it until { $until }.
trust_announced = The certificate is not valid. The server announced it while its former one was allowed, so that you were not asked again.
trust_identified = The certificate is not valid. Your administrator permits the connection all the same, and the server has proved its identity in another way.
trust_unverified = The certificate is not valid. Your administrator permits the connection all the same. The server has not proved who it is, so it may only make the rules stricter.

## What an administrator wants to happen when the certificate is not valid.

action_allow = Allow: connect all the same
action_warn = Warn: ask the person at the desk
action_deny = Deny: do not connect

## The window.

status_reading = Reading the status…
status_since = Since { $moment }
status_actions = Connection
status_connect = Connect
status_disconnect = Disconnect
status_review = Review certificate…
status_connection = Connection
status_certificate = Certificate of the server
status_problems = Problems
status_profile = Endpoint profile
status_licence = Licence
status_about = About Countersign

fact_server = Management server
fact_no_server = none is set up
fact_last_contact = Last contact
fact_no_contact = none yet
fact_next_attempt = Next attempt

fact_profile = Profile
# $revision is text.
fact_profile_with_revision = { $name }, revision { $revision }
fact_no_profile = none received yet; the settings of this computer apply
fact_action = Invalid certificate action
# While a recovery file makes it less strict.
fact_action_loosened = { $action } – because of a recovery file, until { $until }

fact_licence = Licence
fact_no_licence = none received yet
fact_licensed_to = Licensed to
fact_licence_kind = Kind
fact_licence_evaluation = evaluation
fact_licence_purchased = purchased
fact_licence_seats = Endpoints
fact_licence_seats_value = { $seats }
fact_licence_end = Valid until
fact_licence_without_end = without an end

fact_version = Version
fact_program_licence = Licence of the program
fact_program_licence_value = Apache License, Version 2.0
fact_purpose = What it does
fact_purpose_value = Countersign keeps this computer connected to its management server and asks you when the server cannot show a valid certificate.

## The proxy, where it is in the way. $proxy is its address, $detail what it or the system said.

back_off_proxy_unreachable = The proxy { $proxy } cannot be used: { $detail }. Check the proxy settings of this computer.
back_off_proxy_refused = The proxy { $proxy } does not connect this computer to the server: { $detail }. Ask your IT department to permit it.
back_off_proxy_no_login = The proxy { $proxy } asks for user and password, and the keychain holds none for it. Store them there with “countersign proxy login”, or ask your IT department for them.
back_off_proxy_login_not_accepted = The proxy { $proxy } does not accept the user and password in the keychain. Store the right ones with “countersign proxy login”; your IT department knows them.
back_off_proxy_login_not_supported = The proxy { $proxy } asks for a login of a kind that Countersign does not speak ({ $offered }). Ask your IT department to exempt the management server.
back_off_proxy_login_not_readable = The proxy { $proxy } asks for user and password, and the keychain does not give them: { $detail }.
back_off_proxy_unusable = The proxy settings of this computer name { $proxy }, which Countersign cannot use: { $detail }
back_off_not_tls_behind_proxy = What answers through the proxy { $proxy } does not speak TLS. Either the proxy answers itself, for instance with a page to log in at, or host name and port of the server are wrong.

route_direct = directly
route_proxy = through the proxy { $proxy }
route_direct_after_proxy = directly, because the proxy does not let through

## More of the window.

fact_route = Connected
fact_remembered_until = Allowed until
fact_licence_features = Features

status_windows = More
status_history = Connection history…
status_remembered = Remembered certificates…
status_other_server = Connect to another server…
status_doctor = Check the connection…

## The last commands of administrators.

commands_heading = Last commands
commands_none = No command has arrived since Countersign was started.
command_collect_diagnostics = Report the state of the agent
command_refresh_inventory = Report what this computer is
command_notify_user = Show a message
command_forget_certificate = Forget that this server’s certificate was allowed
command_deregister = End the enrolment of this computer
command_succeeded = done
command_failed = failed: { $reason }
command_refused = refused: { $reason }
