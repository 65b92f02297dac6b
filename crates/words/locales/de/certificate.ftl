### Ein Zertifikat, Feld für Feld, und das Fenster, das es zeigt.

certificate_window = Zertifikat von { $server }
certificate_window_area = Zertifikate
certificate_window_empty = Keines der Zertifikate, die der Server gesendet hat, ist lesbar.
certificate_copy = Als PEM kopieren
certificate_copy_which = Als PEM kopieren: { $certificate }
certificate_copied = Als PEM kopiert: { $certificate }.
certificate_close = Schließen

certificate_heading_server = Das Zertifikat des Servers selbst
certificate_heading_chain = { $number }. Zertifikat der Kette
certificate_issued = Aussteller von: { $certificate }
certificate_issued_none = Aussteller von keinem der Zertifikate, die der Server gesendet hat

certificate_field_problem = Problem
certificate_field_advice = Empfehlung
certificate_field_subject = Ausgestellt für
certificate_field_issuer = Ausgestellt von
certificate_field_names = Namen
certificate_field_not_before = Gültig ab
certificate_field_not_after = Gültig bis
certificate_field_kind = Art
certificate_field_public_key = Öffentlicher Schlüssel
certificate_field_signature = Signatur
certificate_field_serial_number = Seriennummer
certificate_field_fingerprint = Fingerabdruck (SHA-256)
certificate_field_sha1_fingerprint = Fingerabdruck (SHA-1)

# Was nicht stimmt, und der genaue Fachbegriff dafür.
certificate_problem = { $problem } Fachbegriff: { $term }

certificate_no_names = keine
certificate_no_fingerprint = keiner
certificate_unreadable = nicht lesbar

certificate_kind_root = Zertifizierungsstelle, von sich selbst ausgestellt
certificate_kind_authority = Zertifizierungsstelle
certificate_kind_self_issued = keine Zertifizierungsstelle, von sich selbst ausgestellt
certificate_kind_end_entity = keine Zertifizierungsstelle

## Mehr von der Anzeige.

certificate_save = Als PEM speichern …
certificate_save_which = Als PEM speichern: { $certificate }
certificate_saved = Gespeichert als { $file }.
certificate_not_saved = Die Datei { $file } konnte nicht geschrieben werden: { $detail }. Wählen Sie einen anderen Ordner.
