### Was das laufende Programm Fenstern und der Befehlszeile antwortet.

request_pinned = Dieser Computer wurde von der IT-Verwaltung für { $server } eingerichtet; ein anderer Server kann nicht gewählt werden. Fragen Sie Ihre IT-Abteilung.
request_no_question = Es gibt keine offene Frage. Wählen Sie „Verbinden“, um erneut gefragt zu werden.
request_other_question = Die offene Frage betrifft ein anderes Zertifikat. Sehen Sie es sich noch einmal an, bevor Sie antworten.
request_answers_forbidden = Fragen zu Zertifikaten werden nur im Dialog beantwortet. Die IT-Verwaltung kann Antworten auf der Befehlszeile mit „answers_on_command_line“ im Abschnitt [endpoint_control] der Konfiguration dieses Computers erlauben.
request_too_long = Das Endpunktprofil erlaubt nicht, ein Zertifikat so lange zuzulassen. Wählen Sie eine kürzere Zeit.
request_not_removed = { $reason } Was zugelassen war, zählt nicht mehr und wird bei der nächsten Gelegenheit aus dem Schlüsselbund entfernt.
request_not_kept = { $reason } Es gilt, bis Countersign beendet wird.
request_recovery_other_signature = Die Signatur dieser Wiederherstellungsdatei ist nicht die des Servers dieses Computers: Sie wurde verändert oder stammt von einem anderen Server. Bitten Sie Ihre IT-Abteilung um eine neue.
request_recovery_other_server = Diese Wiederherstellungsdatei ist für einen anderen Server als den, für den dieser Computer eingerichtet ist.
request_recovery_other_identity = Diese Wiederherstellungsdatei nennt { $server } als neue Adresse, und dort kennt dieser Computer einen anderen Server. Fragen Sie Ihre IT-Abteilung, ob die Datei richtig ist.
request_recovery_no_identity = Dieser Computer kennt die Identität von { $server } nicht und kann daher nicht erkennen, von wem die Datei stammt. Bitten Sie Ihre IT-Abteilung, Countersign mit dem Installationspaket des Servers neu zu installieren.
request_recovery_other_computers = Diese Wiederherstellungsdatei ist für andere Computer.
request_recovery_over = Diese Wiederherstellungsdatei war bis { $until } zu verwenden. Bitten Sie Ihre IT-Abteilung um eine neue.
request_recovery_taken = Diese Wiederherstellungsdatei wurde bereits angenommen.
request_recovery_older = Eine neuere Wiederherstellungsdatei wurde bereits angenommen.
request_recovery_unreadable = Die Wiederherstellungsdatei wird nicht angenommen: { $reason }
request_ended = Countersign wird gerade beendet und nimmt nichts mehr entgegen.
request_not_running = Countersign läuft nicht. Starten Sie es im Anwendungsmenü oder mit „countersign run“.
request_no_answer = Countersign antwortet nicht. Beenden Sie es und starten Sie es neu, wenn das so bleibt.
request_other_version = Das laufende Countersign hat eine andere Version. Beenden Sie es und starten Sie es neu.

## Was Befehle ausgeben.

command_line_connecting = Die Verbindung wird hergestellt.
command_line_disconnected = Getrennt. Dieser Computer verbindet sich erst wieder, wenn Sie es sagen.
command_line_allowed = Zugelassen. Dieser Computer verbindet sich mit dem Server.
command_line_denied = Abgelehnt. Dieser Computer verbindet sich nicht. Mit „countersign connect“ werden Sie erneut gefragt.
command_line_since = Seit

## Warum ein Fenster oder ein Befehl nichts erhält.

request_busy = Mit Countersign sprechen bereits so viele Fenster und Befehle, wie es zuhört. Schließen Sie einige.
request_not_understood = Das laufende Countersign hat die Anfrage nicht verstanden: { $detail }.
request_timed_out = Countersign hat es nicht rechtzeitig getan. Versuchen Sie es noch einmal.
request_not_for_windows = Dieses Fenster kann das nicht.
request_no_display = Countersign läuft ohne Bildschirm und kann daher keine Fenster zeigen.
