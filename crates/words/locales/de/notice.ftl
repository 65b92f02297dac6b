### Benachrichtigungen: ein Titel in einer Zeile, dann ganze Sätze.

notice_answer_needed = Ihre Antwort wird gebraucht
notice_answer_needed_body = { $server } kann kein gültiges Zertifikat vorlegen. Entscheiden Sie, ob sich dieser Computer verbindet.
notice_answer_needed_action = Prüfen …

notice_answer_not_kept = Ihre Antwort konnte nicht gespeichert werden
notice_answer_not_kept_body = { $reason } Ihre Antwort gilt, bis Countersign beendet wird; danach werden Sie erneut gefragt.

notice_command_message = Von Ihrer IT-Verwaltung: { $title }

notice_first_use = Erste Verbindung mit einem neuen Server
notice_first_use_body = { $server } kann kein gültiges Zertifikat vorlegen, und dieser Computer hatte noch nie Kontakt mit ihm. Da dieser Computer so eingerichtet ist, dass er das erlaubt, vertraut er dem Server von nun an.

notice_recovered = Eine Wiederherstellungsdatei wurde angenommen
notice_recovered_body = Eine Wiederherstellungsdatei von { $server } wurde angenommen: Dieser Computer verbindet sich mit ihm nach dem, was sie vorgibt.
notice_recovered_history = Der Verbindungsverlauf vermerkt es.

notice_other_identity = Das ist möglicherweise nicht der Server Ihres Unternehmens
notice_other_identity_body = Unter dem Namen { $server } antwortet nicht der Server, für den dieser Computer eingerichtet wurde: Er hat eine andere Identität nachgewiesen. Ihr Registrierungsschlüssel wurde nicht herausgegeben. Informieren Sie Ihre IT-Abteilung.

## Warum eine Antwort nicht gespeichert werden konnte. $detail ist, was das System gesagt hat.

keychain_unavailable = Der Schlüsselbund dieses Computers ist nicht verfügbar ({ $detail }).
keychain_locked = Der Schlüsselbund dieses Computers ist gesperrt oder verweigert den Zugriff ({ $detail }).
keychain_timed_out =
    Der Schlüsselbund dieses Computers hat nicht innerhalb von { $seconds ->
        [one] einer Sekunde
       *[other] { $seconds } Sekunden
    } geantwortet.
keychain_malformed = Was der Schlüsselbund dieses Computers enthält, ist nicht lesbar ({ $detail }).

## Eine Frage kann gerade nicht gezeigt werden.

notice_without_tray = Countersign läuft ohne Symbol in der Leiste
notice_without_tray_body = Diese Arbeitsumgebung zeigt keine Symbole in der Leiste. Öffnen Sie Countersign im Anwendungsmenü, um zu sehen, ob dieser Computer verbunden ist.
