### Die Prüfung der Verbindung. Für jede Prüfung: ihr Name, was in Ordnung ist, was nicht, und was zu tun ist (`_advice`).

doctor_window = Prüfung der Verbindung
doctor_again = Erneut prüfen
doctor_progress = Erledigte Prüfungen
doctor_results = Prüfungen
doctor_running = Wird geprüft …
doctor_all_well = Alles ist in Ordnung.
doctor_impaired = Die Verbindung funktioniert, aber nicht alles ist in Ordnung.
doctor_no_connection = Etwas verhindert die Verbindung.

doctor_ok = in Ordnung
doctor_failed = nicht in Ordnung
doctor_timed_out = keine Antwort
doctor_skipped = nicht geprüft
doctor_not_applicable = nicht nötig
doctor_timed_out_meaning =
    Es kam keine Antwort innerhalb von { $seconds ->
        [one] einer Sekunde
       *[other] { $seconds } Sekunden
    }.
# $check ist der Name einer anderen Prüfung.
doctor_skipped_meaning = Es gab nichts zu prüfen, weil „{ $check }“ nicht in Ordnung ist.

doctor_address_given = Der Server ist mit seiner IP-Adresse eingerichtet; kein Name muss aufgelöst werden.
doctor_proxy_resolves = Der Proxy löst den Namen des Servers auf.
doctor_no_proxy = Die Verbindung braucht keinen Proxy.
doctor_not_on_this_system = Das gibt es auf diesem Betriebssystem nicht.
doctor_no_graphical_session = Es gibt keine grafische Sitzung.

## Konfiguration

doctor_configuration = Konfiguration
doctor_configuration_ok = Dieser Computer ist für { $server } eingerichtet.
doctor_configuration_no_server = Auf diesem Computer ist kein Verwaltungsserver eingerichtet.
doctor_configuration_no_server_advice = Fragen Sie Ihre IT-Abteilung nach der Adresse und geben Sie sie unter „Mit anderem Server verbinden“ ein.
doctor_configuration_wrong = Eine Konfigurationsdatei ist fehlerhaft. { $detail }
doctor_configuration_wrong_advice = Berichtigen Sie die Datei und starten Sie Countersign neu.

## Proxy

doctor_proxy = Proxy
doctor_proxy_ok = Der Proxy { $proxy } antwortet.
doctor_proxy_settings = Es ist nicht klar, welcher Proxy zu benutzen ist: { $detail }
doctor_proxy_settings_advice = Berichtigen Sie die Proxy-Einstellungen dieses Computers.
doctor_proxy_name_unknown = Der Name des Proxys { $proxy } führt zu keiner Adresse.
doctor_proxy_name_unknown_advice = Prüfen Sie die Proxy-Einstellungen dieses Computers und seine Verbindung zum Netzwerk.
doctor_proxy_unreachable = Der Proxy { $proxy } nimmt keine Verbindungen an.
doctor_proxy_unreachable_advice = Prüfen Sie die Proxy-Einstellungen dieses Computers und fragen Sie Ihre IT-Abteilung, ob der Proxy läuft.

## DNS

doctor_dns = Name des Servers (DNS)
doctor_dns_ok = { $host } führt zu { $addresses }.
doctor_dns_no_such_name = { $host } gibt es nicht, oder der Name hat keine Adresse.
doctor_dns_no_such_name_advice = Prüfen Sie die Schreibweise des Rechnernamens und ob dieser Computer im Netzwerk oder VPN des Unternehmens sein muss.
doctor_dns_local_name_advice = Namen mit der Endung „.local“ sind nur innerhalb eines Netzwerks bekannt: Prüfen Sie, ob dieser Computer in dem des Servers ist.
doctor_dns_single_label_advice = Ein Name ohne Punkt ist nur im Netzwerk des Unternehmens bekannt: Verbinden Sie sich mit diesem oder dem VPN, oder benutzen Sie den vollständigen Namen.
doctor_dns_no_resolver = Dieser Computer weiß nicht, wen er nach Namen fragen soll; wahrscheinlich ist er mit keinem Netzwerk verbunden.
doctor_dns_no_resolver_advice = Verbinden Sie diesen Computer mit einem Netzwerk.
doctor_dns_fails = Die Namensserver dieses Netzwerks antworten nicht.
doctor_dns_fails_advice = Warten Sie einen Moment und prüfen Sie erneut; wenn es so bleibt, fragen Sie, wer das Netzwerk betreibt.
doctor_dns_other = { $host } kann nicht aufgelöst werden: { $detail }.
doctor_dns_other_advice = Prüfen Sie die Verbindung dieses Computers zum Netzwerk.

## TCP

doctor_tcp = Verbindung zum Server (TCP)
doctor_tcp_ok = Der Server nimmt Verbindungen an: { $address }.
doctor_tcp_ok_through_proxy = Der Proxy verbindet mit dem Server.
doctor_tcp_refused = Der Rechner mit dieser Adresse ist da, aber am Port nimmt nichts Verbindungen an.
doctor_tcp_refused_advice = Prüfen Sie den Port und fragen Sie Ihre IT-Abteilung, ob der Verwaltungsserver läuft.
doctor_tcp_no_answer = Unter dieser Adresse antwortet nichts.
doctor_tcp_no_answer_advice = Der Server ist vielleicht ausgeschaltet, oder eine Firewall ist dazwischen: Fragen Sie Ihre IT-Abteilung.
doctor_tcp_unreachable = Von diesem Netzwerk führt kein Weg zum Server.
doctor_tcp_unreachable_advice = Prüfen Sie die Verbindung zum Netzwerk, oder verbinden Sie sich mit dem VPN des Unternehmens.
doctor_tcp_other = Es kam keine Verbindung zum Server zustande.
doctor_tcp_other_advice = Prüfen Sie später erneut; wenn es so bleibt, geben Sie diesen Bericht Ihrer IT-Abteilung.
doctor_tcp_proxy_authentication = Der Proxy will wissen, wer fragt: { $detail }.
doctor_tcp_proxy_authentication_advice = Hinterlegen Sie Benutzer und Passwort mit „countersign proxy login“ im Schlüsselbund, oder fragen Sie Ihre IT-Abteilung danach.
doctor_tcp_proxy_refuses = Der Proxy verbindet nicht mit dem Server: { $detail }.
doctor_tcp_proxy_refuses_advice = Bitten Sie Ihre IT-Abteilung, dem Proxy die Verbindung zum Verwaltungsserver zu erlauben.
# Ein Versuch: $address und was daraus wurde.
doctor_attempt = { $address }: { $result }
doctor_attempt_connected = verbunden
doctor_attempt_refused = abgewiesen
doctor_attempt_unreachable = kein Weg dorthin
doctor_attempt_no_answer = keine Antwort

## TLS

doctor_tls = Verschlüsselung (TLS-Version)
doctor_tls_ok = Der Server spricht TLS 1.3.
doctor_tls_old = Der Server spricht nur eine ältere Version von TLS; Countersign verlangt 1.3.
doctor_tls_old_advice = Ihre IT-Verwaltung muss den Server aktualisieren, oder ein Gerät dazwischen, das Verbindungen überprüft.
doctor_tls_not_tls = Was antwortet, spricht kein TLS und ist daher kein Verwaltungsserver.
doctor_tls_not_tls_advice = Prüfen Sie Rechnername und Port.
doctor_tls_closed = Was antwortet, legt auf, sobald es angesprochen wird.
doctor_tls_closed_advice = Vielleicht ist eine Firewall dazwischen, oder Rechnername und Port sind falsch: Fragen Sie Ihre IT-Abteilung.
doctor_tls_other = Es kam keine sichere Verbindung zustande: { $detail }.
doctor_tls_other_advice = Geben Sie diesen Bericht Ihrer IT-Abteilung.

## Zertifikat: Die Probleme selbst werden wie in der Frage beschrieben.

doctor_certificate = Zertifikat des Servers
doctor_certificate_ok = Das Zertifikat ist gültig.
doctor_certificate_not_valid =
    Das Zertifikat hat { $problems ->
        [one] ein Problem
       *[other] { $problems } Probleme
    }.
doctor_certificate_not_valid_advice = Ihre IT-Verwaltung muss dem Server ein gültiges Zertifikat geben.
doctor_certificate_not_proved = Der Server hat ein Zertifikat vorgelegt, aber nicht nachgewiesen, dass es ihm gehört.
doctor_certificate_not_proved_advice = Jemand gibt sich möglicherweise als der Server aus: Informieren Sie Ihre IT-Verwaltung.
doctor_certificate_connects = Countersign verbindet sich trotzdem.
doctor_certificate_asks = Countersign fragt Sie, ob die Verbindung zugelassen wird.
doctor_certificate_refuses = Countersign verbindet sich nicht.
doctor_certificate_keychain_not_read = Was Sie früher zugelassen haben, ist nicht bekannt, weil der Schlüsselbund nicht gelesen werden kann.

## Uhr

doctor_clock = Uhr dieses Computers
doctor_clock_ok = Die Uhr zeigt { $clock }, und nichts spricht dagegen.
doctor_clock_not_synchronised = Die Uhr zeigt { $clock }. Sie wird nicht mit einem Zeitserver verglichen und kann daher mit der Zeit falsch gehen.
doctor_clock_before_build = Die Uhr zeigt { $clock }, aber dieses Programm ist später entstanden.
doctor_clock_behind = Die Uhr zeigt { $clock }, aber die Zertifikate des Servers sind später entstanden.
doctor_clock_ahead = Die Uhr zeigt { $clock }, aber dann wäre jedes Zertifikat des Servers längst abgelaufen.
doctor_clock_advice = Stellen Sie die Uhr richtig, am besten, indem das Betriebssystem sie stellt.

## Nachrichtenbus der Sitzung

doctor_bus = Dienste der Arbeitsumgebung (Session-Bus)
doctor_bus_ok = Die Dienste, die Countersign braucht, sind da.
doctor_bus_unreachable = Der Nachrichtenbus der Sitzung antwortet nicht: { $detail }.
doctor_bus_unreachable_advice = Melden Sie sich ab und wieder an; ohne ihn gibt es weder Benachrichtigungen noch Schlüsselbund.
doctor_bus_services_missing = Es fehlen Dienste: { $services }.
doctor_bus_services_missing_advice = Installieren oder starten Sie sie; sonst gehen Benachrichtigungen oder das, was Sie zugelassen haben, verloren.
doctor_service_notifications = Benachrichtigungen
doctor_service_secrets = Schlüsselbund

## Schlüsselbund

doctor_keychain = Schlüsselbund
doctor_keychain_ok = Der Schlüsselbund bewahrt auf, was er erhält.
doctor_keychain_slow = Der Schlüsselbund bewahrt auf, was er erhält, aber langsam.
doctor_keychain_locked = Der Schlüsselbund ist gesperrt oder verweigert den Zugriff.
doctor_keychain_locked_advice = Entsperren Sie ihn, zum Beispiel, indem Sie sich ab- und wieder anmelden.
doctor_keychain_no_keyring = Der Schlüsselbund-Dienst hat keinen Schlüsselbund, in den er etwas legen kann.
doctor_keychain_no_keyring_advice = Legen Sie im Programm für Passwörter und Schlüssel einen Standard-Schlüsselbund an.
doctor_keychain_unavailable = Es gibt keinen Schlüsselbund, der funktioniert: { $detail }.
doctor_keychain_unavailable_advice = Installieren Sie einen Schlüsselbund-Dienst, zum Beispiel GNOME Keyring oder KWallet. Bis dahin gelten Ihre Antworten nur, bis Countersign beendet wird.
doctor_keychain_not_kept = Der Schlüsselbund hat etwas angenommen, aber nicht wieder herausgegeben.
doctor_keychain_not_kept_advice = Starten Sie den Schlüsselbund-Dienst neu; Ihre Antworten gehen sonst vielleicht verloren.
doctor_keychain_not_removed = Der Schlüsselbund entfernt den Eintrag „{ $entry }“ nicht: { $detail }.
doctor_keychain_not_removed_advice = Entfernen Sie ihn im Programm für Passwörter und Schlüssel.

## Leiste

doctor_tray = Symbol in der Leiste
doctor_tray_ok = Die Arbeitsumgebung zeigt Symbole in der Leiste.
doctor_tray_gnome = GNOME zeigt Symbole in der Leiste nur mit einer Erweiterung.
doctor_tray_gnome_advice = Installieren Sie die Erweiterung „AppIndicator and KStatusNotifierItem Support“, oder öffnen Sie Countersign im Anwendungsmenü.
doctor_tray_no_watcher = Diese Arbeitsumgebung hat keinen Platz für Symbole in der Leiste.
doctor_tray_no_host = Symbole für die Leiste werden gesammelt, aber keine Leiste zeigt sie.
doctor_tray_advice = Fügen Sie der Leiste einen Benachrichtigungsbereich hinzu, oder öffnen Sie Countersign im Anwendungsmenü.
