### Der Zustand der Verbindung, und das Fenster, das ihn zeigt.

## Der Zustand in einer Zeile: im Menü und oben im Fenster.

state_disconnected = Getrennt
state_connecting = Verbindung wird hergestellt …
state_awaiting_decision = Ihre Antwort wird gebraucht
state_connected = Verbunden
state_connected_unverified = Ohne gültiges Zertifikat verbunden
state_refused = Verbindung abgelehnt
state_backing_off = Wartet auf den nächsten Versuch

## Was das bedeutet, in ganzen Sätzen.

state_without_server_meaning = Auf diesem Computer ist kein Verwaltungsserver eingerichtet. Fragen Sie Ihre IT-Abteilung, wie er eingerichtet wird.
state_disconnected_meaning = Dieser Computer ist nicht verbunden und versucht es auch nicht.
state_connecting_meaning = Die Verbindung wird gerade hergestellt.
state_awaiting_decision_meaning = Der Server kann kein gültiges Zertifikat vorlegen. Entscheiden Sie, ob sich dieser Computer mit ihm verbindet; bis dahin sendet er nichts.
state_connected_meaning = Dieser Computer wird vom Server verwaltet.

## Warum mit einem Server keine Verbindung besteht.

refused_denied_by_person = Die Verbindung wurde auf diesem Computer abgelehnt. Wählen Sie „Verbinden“, um erneut gefragt zu werden.
refused_nobody_to_ask = Der Server kann kein gültiges Zertifikat vorlegen, und niemand konnte gefragt werden, ob die Verbindung zugelassen wird. Wählen Sie „Verbinden“, um erneut gefragt zu werden.
refused_denied_by_profile = Das Zertifikat des Servers ist nicht gültig, und das Endpunktprofil verbietet die Verbindung mit einem solchen Server. Ihre IT-Verwaltung muss dem Server ein gültiges Zertifikat geben.
refused_possession_not_proved = Der Server hat ein Zertifikat vorgelegt, aber nicht nachgewiesen, dass es ihm gehört. Jemand gibt sich möglicherweise als der Server aus; informieren Sie Ihre IT-Verwaltung.
refused_revoked = Das Zertifikat des Servers wurde von seinem Aussteller gesperrt; niemand kann es zulassen. Informieren Sie Ihre IT-Verwaltung.
refused_no_certificate = Der Server hat kein Zertifikat vorgelegt. Informieren Sie Ihre IT-Verwaltung.

## Warum der nächste Versuch später kommt. $detail ist, was das System oder der Server gesagt hat.

back_off_unreachable = Der Server ist nicht erreichbar: { $detail }.
back_off_timed_out = Der Server antwortet nicht rechtzeitig.
back_off_old_tls = Der Server bietet TLS 1.3 nicht an, das Countersign voraussetzt. Ihre IT-Verwaltung muss ihn aktualisieren.
back_off_not_tls = Was unter dieser Adresse antwortet, spricht kein TLS und ist daher kein Verwaltungsserver. Prüfen Sie Rechnername und Port.
back_off_handshake_failed = Es kam keine sichere Verbindung zustande: { $detail }.
back_off_not_accepted = Der Server nimmt diesen Computer nicht an: { $detail } Bitten Sie Ihre IT-Abteilung um einen neuen Registrierungsschlüssel.
back_off_not_identified = Der Server kann kein gültiges Zertifikat vorlegen und hat sich auch nicht anders ausgewiesen; daher hat sich dieser Computer nicht bei ihm registriert.
back_off_other_identity = Das ist nicht der Server, für den dieser Computer eingerichtet wurde: Er hat eine andere Identität nachgewiesen. Er hat nichts erhalten. Informieren Sie Ihre IT-Abteilung.
back_off_protocol_error = Die Antwort des Servers war nicht verständlich: { $detail }.
back_off_connection_lost = Die Verbindung ist abgebrochen.
back_off_server_busy = Der Server ist ausgelastet und bittet um einen späteren Versuch.
back_off_server_restarting = Der Server startet neu oder hat ein neues Zertifikat.

## Worauf das Vertrauen in das Zertifikat des Servers beruht.

trust_no_certificate = Bisher wurde kein Zertifikat vorgelegt.
trust_valid = Das Zertifikat ist gültig: Es gilt für diesen Server, ist nicht abgelaufen und stammt von einem Aussteller, dem dieser Computer vertraut.
trust_invalid = Das Zertifikat ist nicht gültig.
trust_remembered = Das Zertifikat ist nicht gültig. Sie haben es für diesen Server zugelassen, und seitdem hat es sich nicht geändert.
trust_recovered = Das Zertifikat ist nicht gültig. Eine Wiederherstellungsdatei des Servers lässt es bis { $until } zu.
trust_announced = Das Zertifikat ist nicht gültig. Der Server hat es angekündigt, während sein bisheriges zugelassen war; deshalb wurden Sie nicht erneut gefragt.
trust_identified = Das Zertifikat ist nicht gültig. Ihre IT-Verwaltung erlaubt die Verbindung trotzdem, und der Server hat seine Identität auf andere Weise nachgewiesen.
trust_unverified = Das Zertifikat ist nicht gültig. Ihre IT-Verwaltung erlaubt die Verbindung trotzdem. Der Server hat nicht nachgewiesen, wer er ist; er darf die Regeln daher nur verschärfen.

## Was geschehen soll, wenn das Zertifikat nicht gültig ist.

action_allow = Zulassen: trotzdem verbinden
action_warn = Warnen: die Person am Computer fragen
action_deny = Ablehnen: nicht verbinden

## Das Fenster.

status_reading = Status wird gelesen …
status_since = Seit { $moment }
status_actions = Verbindung
status_connect = Verbinden
status_disconnect = Trennen
status_review = Zertifikat prüfen …
status_connection = Verbindung
status_certificate = Zertifikat des Servers
status_problems = Probleme
status_profile = Endpunktprofil
status_licence = Lizenz
status_about = Über Countersign

fact_server = Verwaltungsserver
fact_no_server = keiner eingerichtet
fact_last_contact = Letzter Kontakt
fact_no_contact = noch keiner
fact_next_attempt = Nächster Versuch

fact_profile = Profil
# $revision ist Text.
fact_profile_with_revision = { $name }, Revision { $revision }
fact_no_profile = noch keines erhalten; es gelten die Einstellungen dieses Computers
fact_action = Bei ungültigem Zertifikat
# Solange eine Wiederherstellungsdatei sie lockert.
fact_action_loosened = { $action } – wegen einer Wiederherstellungsdatei, bis { $until }

fact_licence = Lizenz
fact_no_licence = noch keine erhalten
fact_licensed_to = Lizenziert für
fact_licence_kind = Art
fact_licence_evaluation = Testlizenz
fact_licence_purchased = gekauft
fact_licence_seats = Endpunkte
fact_licence_seats_value = { $seats }
fact_licence_end = Gültig bis
fact_licence_without_end = unbefristet

fact_version = Version
fact_program_licence = Lizenz des Programms
fact_program_licence_value = Apache License, Version 2.0
fact_purpose = Was es tut
fact_purpose_value = Countersign hält diesen Computer mit seinem Verwaltungsserver verbunden und fragt Sie, wenn der Server kein gültiges Zertifikat vorlegen kann.

## Der Proxy, wenn es an ihm liegt. $proxy ist seine Adresse, $detail ist, was er oder das System gesagt hat.

back_off_proxy_unreachable = Der Proxy { $proxy } ist nicht benutzbar: { $detail }. Prüfen Sie die Proxy-Einstellungen dieses Computers.
back_off_proxy_refused = Der Proxy { $proxy } verbindet diesen Computer nicht mit dem Server: { $detail }. Bitten Sie Ihre IT-Abteilung, das zu erlauben.
back_off_proxy_no_login = Der Proxy { $proxy } verlangt Benutzer und Passwort, und der Schlüsselbund enthält dafür keine. Hinterlegen Sie sie dort mit „countersign proxy login“, oder fragen Sie Ihre IT-Abteilung danach.
back_off_proxy_login_not_accepted = Der Proxy { $proxy } nimmt Benutzer und Passwort aus dem Schlüsselbund nicht an. Hinterlegen Sie die richtigen mit „countersign proxy login“; Ihre IT-Abteilung kennt sie.
back_off_proxy_login_not_supported = Der Proxy { $proxy } verlangt eine Anmeldung, die Countersign nicht beherrscht ({ $offered }). Bitten Sie Ihre IT-Abteilung, den Verwaltungsserver davon auszunehmen.
back_off_proxy_login_not_readable = Der Proxy { $proxy } verlangt Benutzer und Passwort, und der Schlüsselbund gibt sie nicht heraus: { $detail }.
back_off_proxy_unusable = Die Proxy-Einstellungen dieses Computers nennen { $proxy }, was Countersign nicht benutzen kann: { $detail }
back_off_not_tls_behind_proxy = Was durch den Proxy { $proxy } antwortet, spricht kein TLS. Entweder antwortet der Proxy selbst, zum Beispiel mit einer Anmeldeseite, oder Rechnername und Port des Servers sind falsch.

route_direct = direkt
route_proxy = über den Proxy { $proxy }
route_direct_after_proxy = direkt, weil der Proxy nicht durchlässt

## Mehr vom Fenster.

fact_route = Verbunden
fact_remembered_until = Zugelassen bis
fact_licence_features = Funktionen

status_windows = Mehr
status_history = Verbindungsverlauf …
status_remembered = Zugelassene Zertifikate …
status_other_server = Mit anderem Server verbinden …
status_doctor = Verbindung prüfen …

## Die letzten Befehle der IT-Verwaltung.

commands_heading = Letzte Befehle
commands_none = Seit dem Start von Countersign ist kein Befehl eingetroffen.
command_collect_diagnostics = Zustand des Agenten melden
command_refresh_inventory = Angaben zu diesem Computer melden
command_notify_user = Nachricht anzeigen
command_forget_certificate = Vergessen, dass das Zertifikat dieses Servers erlaubt wurde
command_deregister = Registrierung dieses Computers beenden
command_succeeded = ausgeführt
command_failed = fehlgeschlagen: { $reason }
command_refused = abgelehnt: { $reason }
