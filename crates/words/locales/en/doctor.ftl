### The examination of the connection. For each check: its name, what is well, what is wrong, and what to do (`_advice`).

doctor_window = Check of the connection
doctor_again = Check again
doctor_progress = Checks done
doctor_results = Checks
doctor_running = Checking…
doctor_all_well = Everything is in order.
doctor_impaired = The connection works, but not everything is in order.
doctor_no_connection = Something prevents the connection.

doctor_ok = in order
doctor_failed = not in order
doctor_timed_out = no answer
doctor_skipped = not checked
doctor_not_applicable = not needed
doctor_timed_out_meaning =
    There was no answer within { $seconds ->
        [one] one second
       *[other] { $seconds } seconds
    }.
# $check is the name of another check.
doctor_skipped_meaning = There was nothing to check, because “{ $check }” is not in order.

doctor_address_given = The server is set up by its IP address, so no name has to be looked up.
doctor_proxy_resolves = The proxy looks up the name of the server.
doctor_no_proxy = The connection needs no proxy.
doctor_not_on_this_system = This operating system has no such thing.
doctor_no_graphical_session = There is no graphical session.

## Configuration

doctor_configuration = Configuration
doctor_configuration_ok = This computer is set up for { $server }.
doctor_configuration_no_server = No management server is set up on this computer.
doctor_configuration_no_server_advice = Ask your IT department for the address, and enter it with “Connect to another server”.
doctor_configuration_wrong = A configuration file is wrong. { $detail }
doctor_configuration_wrong_advice = Correct the file, then start Countersign again.

## Proxy

doctor_proxy = Proxy
doctor_proxy_ok = The proxy { $proxy } answers.
doctor_proxy_settings = It is not clear which proxy to use: { $detail }
doctor_proxy_settings_advice = Correct the proxy settings of this computer.
doctor_proxy_name_unknown = The name of the proxy { $proxy } leads to no address.
doctor_proxy_name_unknown_advice = Check the proxy settings of this computer and its connection to the network.
doctor_proxy_unreachable = The proxy { $proxy } does not take connections.
doctor_proxy_unreachable_advice = Check the proxy settings of this computer, and ask your IT department whether the proxy runs.

## DNS

doctor_dns = Name of the server (DNS)
doctor_dns_ok = { $host } leads to { $addresses }.
doctor_dns_no_such_name = There is no { $host }, or it has no address.
doctor_dns_no_such_name_advice = Check the spelling of the host name, and whether this computer has to be in the company’s network or VPN.
doctor_dns_local_name_advice = Names that end in “.local” are known only within one network: check that this computer is in that of the server.
doctor_dns_single_label_advice = A name without a period is known only in the company’s network: connect to it or to the VPN, or use the full name.
doctor_dns_no_resolver = This computer does not know whom to ask for names, so it is probably not connected to a network.
doctor_dns_no_resolver_advice = Connect this computer to a network.
doctor_dns_fails = The name servers of this network do not answer.
doctor_dns_fails_advice = Wait a moment and check again; if it lasts, ask whoever runs the network.
doctor_dns_other = { $host } cannot be looked up: { $detail }.
doctor_dns_other_advice = Check the connection of this computer to the network.

## TCP

doctor_tcp = Connection to the server (TCP)
doctor_tcp_ok = The server takes connections at { $address }.
doctor_tcp_ok_through_proxy = The proxy connects to the server.
doctor_tcp_refused = The computer at this address is there, but nothing listens at the port.
doctor_tcp_refused_advice = Check the port, and ask your IT department whether the management server runs.
doctor_tcp_no_answer = Nothing answers at this address.
doctor_tcp_no_answer_advice = The server may be off, or a firewall is in between: ask your IT department.
doctor_tcp_unreachable = There is no way from this network to the server.
doctor_tcp_unreachable_advice = Check the connection to the network, or connect to the company’s VPN.
doctor_tcp_other = No connection to the server could be made.
doctor_tcp_other_advice = Check again later; if it lasts, give this report to your IT department.
doctor_tcp_proxy_authentication = The proxy wants to know who asks: { $detail }.
doctor_tcp_proxy_authentication_advice = Store user and password in the keychain with “countersign proxy login”, or ask your IT department for them.
doctor_tcp_proxy_refuses = The proxy does not connect to the server: { $detail }.
doctor_tcp_proxy_refuses_advice = Ask your IT department to let the proxy connect to the management server.
# One attempt: $address and what came of it.
doctor_attempt = { $address }: { $result }
doctor_attempt_connected = connected
doctor_attempt_refused = refused
doctor_attempt_unreachable = no way there
doctor_attempt_no_answer = no answer

## TLS

doctor_tls = Encryption (TLS version)
doctor_tls_ok = The server speaks TLS 1.3.
doctor_tls_old = The server speaks an older version of TLS only; Countersign requires 1.3.
doctor_tls_old_advice = Your administrator has to update the server, or a device in between that inspects connections.
doctor_tls_not_tls = What answers does not speak TLS, so it is not a management server.
doctor_tls_not_tls_advice = Check host name and port.
doctor_tls_closed = What answers hangs up as soon as it is spoken to.
doctor_tls_closed_advice = A firewall may be in between, or host name and port are wrong: ask your IT department.
doctor_tls_other = No secure connection could be made: { $detail }.
doctor_tls_other_advice = Give this report to your IT department.

## Certificate: the problems themselves are worded as in the question.

doctor_certificate = Certificate of the server
doctor_certificate_ok = The certificate is valid.
doctor_certificate_not_valid =
    The certificate has { $problems ->
        [one] a problem
       *[other] { $problems } problems
    }.
doctor_certificate_not_valid_advice = Your administrator has to give the server a valid certificate.
doctor_certificate_not_proved = The server showed a certificate but did not prove that it belongs to it.
doctor_certificate_not_proved_advice = Somebody may be pretending to be the server: tell your administrator.
doctor_certificate_connects = Countersign connects all the same.
doctor_certificate_asks = Countersign asks you whether to connect.
doctor_certificate_refuses = Countersign does not connect.
doctor_certificate_keychain_not_read = What you allowed before is not known, because the keychain cannot be read.

## Clock

doctor_clock = Clock of this computer
doctor_clock_ok = The clock says { $clock }, and nothing speaks against it.
doctor_clock_not_synchronised = The clock says { $clock }. It is not compared with a time server, so it may go wrong in time.
doctor_clock_before_build = The clock says { $clock }, but this program was made later.
doctor_clock_behind = The clock says { $clock }, but the certificates of the server were made later.
doctor_clock_ahead = The clock says { $clock }, but then every certificate of the server would be long over.
doctor_clock_advice = Set the clock right, best by letting the operating system set it.

## Message bus of the session

doctor_bus = Services of the desktop (session bus)
doctor_bus_ok = The services that Countersign needs are there.
doctor_bus_unreachable = The message bus of the session does not answer: { $detail }.
doctor_bus_unreachable_advice = Log out and in again; without it there are no notifications and no keychain.
doctor_bus_services_missing = Some services are missing: { $services }.
doctor_bus_services_missing_advice = Install or start them; without them, notifications or what you allowed are lost.
doctor_service_notifications = notifications
doctor_service_secrets = keychain

## Keychain

doctor_keychain = Keychain
doctor_keychain_ok = The keychain keeps what it is given.
doctor_keychain_slow = The keychain keeps what it is given, but slowly.
doctor_keychain_locked = The keychain is locked or refuses access.
doctor_keychain_locked_advice = Unlock it, for example by logging out and in again.
doctor_keychain_no_keyring = The keychain has no keyring to put anything into.
doctor_keychain_no_keyring_advice = Create a default keyring in the program for passwords and keys.
doctor_keychain_unavailable = There is no keychain that works: { $detail }.
doctor_keychain_unavailable_advice = Install a keychain service, such as GNOME Keyring or KWallet. Until then your answers hold only until Countersign ends.
doctor_keychain_not_kept = The keychain took something but did not give it back.
doctor_keychain_not_kept_advice = Restart the keychain service; your answers may not be kept.
doctor_keychain_not_removed = The keychain does not remove the entry “{ $entry }”: { $detail }.
doctor_keychain_not_removed_advice = Remove it in the program for passwords and keys.

## Tray

doctor_tray = Tray icon
doctor_tray_ok = The desktop shows tray icons.
doctor_tray_gnome = GNOME shows tray icons only with an extension.
doctor_tray_gnome_advice = Install the extension “AppIndicator and KStatusNotifierItem Support”, or open Countersign from the menu of applications.
doctor_tray_no_watcher = This desktop has no place for tray icons.
doctor_tray_no_host = Tray icons are collected, but no panel shows them.
doctor_tray_advice = Add a tray to the panel, or open Countersign from the menu of applications.
