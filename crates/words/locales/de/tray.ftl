### Das Menü des Symbols in der Leiste.

tray_server = Server: { $server }
tray_no_server = Kein Server eingerichtet
tray_last_contact = Letzter Kontakt: { $moment }
tray_no_contact = Noch kein Kontakt
tray_connect = Verbinden
tray_disconnect = Trennen
tray_review = Zertifikat prüfen …
tray_open = Countersign öffnen
tray_about = Über Countersign
tray_quit = Beenden

# Gewählt wurde etwas, das nicht mehr möglich ist.
action_not_possible = Das ist nicht mehr möglich: Der Zustand hat sich inzwischen geändert.
