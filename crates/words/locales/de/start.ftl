### Warum das Programm nicht läuft: als Benachrichtigung, wenn niemand sieht, was ausgegeben wird.

start_failed = Countersign konnte nicht starten
start_no_display = Es gibt keine Anzeige für das Symbol in der Leiste. Starten Sie Countersign in einer grafischen Sitzung, damit DISPLAY oder WAYLAND_DISPLAY gesetzt und erreichbar ist, oder mit „countersign run --headless“.
start_no_configuration = Es gibt keine Konfigurationsdatei { $file }. Prüfen Sie den Pfad hinter --configuration.
start_wrong_configuration = Eine Konfigurationsdatei ist fehlerhaft. { $detail }
start_wrong_state = Was das Programm auf diesem Computer gespeichert hat, ist nicht benutzbar. { $detail }
start_no_windows = Fenster, Symbol oder Agent konnten nicht eingerichtet werden: { $detail }
start_runs_already = Countersign läuft bereits.
