### Was mit der Verbindung geschah: jede Änderung mit ihrem Grund, der wie der Zustand selbst beschrieben wird.

history_window = Verbindungsverlauf
history_none = Bisher ist nichts geschehen.
# $change ist, was geschah, $server wo.
history_connected = Verbunden
history_connected_remembered = Verbunden, Zertifikat zugelassen
history_connected_identified = Verbunden, Zertifikat ungültig, Identität nachgewiesen
history_connected_unverified = Verbunden, Zertifikat ungültig, nichts nachgewiesen
history_connected_announced = Verbunden, mit einem Zertifikat, das der Server angekündigt hatte
history_recovered = Wiederherstellungsdatei angenommen
history_disconnected = Getrennt
history_asked = Frage gestellt
history_refused = Verbindung abgelehnt
history_not_connected = Keine Verbindung
# Ein Versuch, der mehrmals nacheinander auf dieselbe Weise scheiterte.
history_times =
    { $times ->
        [one] einmal
       *[other] { $times }-mal, zuletzt am { $last }
    }
history_certificate = Zertifikat { $fingerprint }
