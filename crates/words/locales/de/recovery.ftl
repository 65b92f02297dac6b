### Eine Wiederherstellungsdatei, mit der ein Server einem Computer hilft, der ihn zurückweist. $until ist ein Zeitpunkt, mit „UTC“,
### wo es nicht die Ortszeit ist.

## Was sie bewirken würde: zu sehen, bevor sie verwendet wird. Nur der Server dieses Computers kann sie erstellt haben.

recovery_offer = Diese Wiederherstellungsdatei verwenden?
recovery_offer_lead = Ihr Server { $server } hat diese Datei erstellt, damit sich dieser Computer mit ihm verbinden kann. Die Signatur wurde geprüft.
# $problems ist eine Aufzählung dessen, was an dem Zertifikat nicht stimmt.
recovery_offer_certificate = Bis { $until } akzeptiert dieser Computer das Zertifikat mit dem Fingerabdruck unten, obwohl es nicht gültig ist ({ $problems }).
recovery_offer_warn = Bis { $until } werden Sie gefragt, ob sich dieser Computer verbindet, wenn das Zertifikat des Servers nicht gültig ist, auch wenn das Endpunktprofil die Verbindung verbietet.
recovery_offer_allow = Bis { $until } verbindet sich dieser Computer mit dem Server, was auch immer mit dessen Zertifikat nicht stimmt, auch wenn das Endpunktprofil es verbietet. Nur ein widerrufenes Zertifikat wird weiterhin zurückgewiesen.
recovery_offer_address = Von nun an sucht dieser Computer den Server unter { $server }.
recovery_offer_expires = Die Datei kann einmal verwendet werden, bis { $until }.
recovery_offer_doubt = Verwenden Sie die Datei nur, wenn Ihre IT-Abteilung sie Ihnen gegeben hat. Wählen Sie im Zweifel „Abbrechen“ und fragen Sie dort nach.
recovery_use = Diese Datei verwenden
recovery_cancel = Abbrechen
recovery_details = Einzelheiten …

## Was daraus wurde.

recovery_taken = Die Wiederherstellungsdatei ist angenommen
recovery_taken_server = Dieser Computer verbindet sich mit { $server }.
recovery_taken_certificate = Das Zertifikat { $fingerprint } ist zugelassen.
recovery_taken_action = Bei einem ungültigen Zertifikat geschieht nichts Strengeres als „{ $action }“.
recovery_taken_until = Was die Datei zulässt, endet am { $until }.
recovery_refused = Diese Wiederherstellungsdatei kann nicht verwendet werden
recovery_refused_nothing_changed = An diesem Computer wurde nichts geändert.
