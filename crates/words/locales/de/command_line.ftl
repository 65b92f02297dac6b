### Was Befehle ausgeben, neben dem, was Fenster mit denselben Worten sagen. $file und $directory sind Pfade, $detail ist,
### was das System sagt.

# Ein Feld zweier Zertifikate: sein Name, und was es war und ist.
command_line_comparison = { $label }: vorher { $before }, jetzt { $now }
command_line_list_shows = „countersign certificates list“ zeigt, was gespeichert ist.
command_line_report_written = Der Bericht steht in { $file }. Lesen Sie ihn bitte, bevor Sie ihn weitergeben.
command_line_nothing_logged = In { $directory } ist nichts protokolliert.

## Benutzer und Passwort für einen Proxy.

command_line_user = Benutzer für { $proxy }:
command_line_password = Passwort für { $proxy }:
command_line_logged_in = Benutzer und Passwort für { $proxy } sind im Schlüsselbund. Sie werden beim nächsten Versuch verwendet; „countersign connect“ unternimmt einen.
command_line_logged_out = Der Schlüsselbund enthält keinen Benutzer und kein Passwort für { $proxy }.
command_line_recovery_file_not_read = Die Wiederherstellungsdatei { $file } ist nicht lesbar: { $detail }.
command_line_no_proxy = Für den Verwaltungsserver ist kein Proxy eingerichtet; es gibt also keinen, an dem Sie sich anmelden könnten.
command_line_proxy_not_clear = Es ist nicht klar, welcher Proxy verwendet wird: { $detail }
command_line_user_missing = Geben Sie mit --user an, für wen das Passwort ist: Die Standardeingabe ist kein Terminal, auf dem gefragt werden kann.
command_line_login_length = Benutzer und Passwort für einen Proxy haben je zwischen 1 und 255 Byte.
command_line_login_character = Benutzer und Passwort für einen Proxy enthalten keine Steuerzeichen, und der Benutzer keinen Doppelpunkt.

## Start mit der Sitzung.

autostart_on = Countersign startet mit Ihrer Sitzung.
autostart_off = Countersign startet nicht mit Ihrer Sitzung.
autostart_not_managed = Ob Countersign mit Ihrer Sitzung startet, wird in den Einstellungen des Betriebssystems festgelegt.
autostart_not_written = Ob Countersign mit Ihrer Sitzung startet, konnte nicht geändert werden: { $file } kann nicht geschrieben werden ({ $detail }). Prüfen Sie, ob diese Datei und ihr Verzeichnis Ihnen gehören.
autostart_no_home = Ob Countersign mit Ihrer Sitzung startet, konnte nicht geändert werden: Ihr Home-Verzeichnis ist nicht bekannt. Setzen Sie HOME.

## Warum ein Befehl scheitert.

command_line_not_reached = Das laufende Countersign ist nicht erreichbar: { $detail }.
command_line_not_written = Die Ausgabe kann nicht geschrieben werden: { $detail }.
command_line_not_read = Die Eingabe kann nicht gelesen werden: { $detail }.
command_line_not_run = Das System lässt dieses Programm nicht laufen: { $detail }.
command_line_log_not_read = Das Protokoll in { $directory } kann nicht gelesen werden: { $detail }.
command_line_report_not_redacted = Was privat ist, kann nicht aus dem Bericht entfernt werden; er wird daher nicht geschrieben: { $detail }.
command_line_report_exists = Es gibt schon eine Datei { $file }. Nennen Sie eine andere, oder entfernen Sie sie.
command_line_report_not_written = Der Bericht { $file } kann nicht geschrieben werden: { $detail }. Nennen Sie eine Datei in einem Verzeichnis, das Ihnen gehört.
