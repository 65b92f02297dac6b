### Verbindung mit einem anderen Server.

server_choice_window = Mit anderem Server verbinden
server_choice_address = Rechnername oder IP-Adresse
server_choice_port = Port
server_choice_connect = Verbinden
server_choice_cancel = Abbrechen
server_choice_meaning = Dieser Computer übernimmt dann Einstellungen und Befehle von jenem Server. Was Sie für den bisherigen zugelassen haben, bleibt erhalten.
server_choice_pinned = Dieser Computer wurde von der IT-Verwaltung für { $server } eingerichtet; ein anderer Server kann nicht gewählt werden. Fragen Sie Ihre IT-Abteilung.
server_choice_empty = Geben Sie den Rechnernamen oder die IP-Adresse des Servers ein.
server_choice_url = „{ $text }“ ist eine Webadresse. Geben Sie nur den Rechnernamen ein, zum Beispiel management.example.com.
server_choice_invalid_name = „{ $text }“ ist weder ein Rechnername noch eine IP-Adresse. Prüfen Sie die Schreibweise.
server_choice_invalid_port = „{ $text }“ ist kein Port. Geben Sie eine Zahl von 1 bis 65535 ein.
