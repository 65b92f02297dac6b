### Die Zertifikate, die zugelassen wurden.

remembered_window = Zugelassene Zertifikate
remembered_introduction = Diese Zertifikate sind nicht gültig und werden trotzdem akzeptiert; bei jedem steht, wer es zugelassen hat. Wenn Sie eines vergessen lassen, werden Sie erneut gefragt.
remembered_none = Es ist kein ungültiges Zertifikat zugelassen.
remembered_keychain_not_read = Der Schlüsselbund ist nicht lesbar, daher ist diese Liste vielleicht unvollständig. { $reason }

remembered_server = Server
remembered_since = Zugelassen am
remembered_why = Warum es ungültig war
remembered_last_used = Zuletzt benutzt
remembered_never_used = nie
remembered_by = Zugelassen von
remembered_by_person = Ihnen
remembered_by_announcement = dem Server, der es anstelle eines zugelassenen angekündigt hatte
remembered_by_profile = niemandem: Die Verbindung war erlaubt, als der Server ein anderes ankündigte
remembered_by_recovery_file = einer Wiederherstellungsdatei des Servers
remembered_announced = Vom Server angekündigt
# Ein weiteres Zertifikat, das bis zu einem Zeitpunkt ebenfalls zugelassen ist.
remembered_announced_until = { $fingerprint }, bis { $until }
remembered_until = Gilt bis
remembered_until_changed = zur Änderung des Zertifikats
remembered_until_end = zum Abmelden oder Beenden von Countersign
remembered_standing = Jetzt
remembered_in_use = die Verbindung beruht darauf
remembered_holds = lässt die nächste Verbindung zu
remembered_over = vorbei: Sie werden erneut gefragt

remembered_forget = Vergessen
remembered_forget_which = Vergessen, was für { $server } zugelassen wurde
remembered_forget_all = Alle vergessen …
remembered_forget_all_question =
    { $certificates ->
        [one] Das eine zugelassene Zertifikat vergessen?
       *[other] Alle { $certificates } zugelassenen Zertifikate vergessen?
    }
remembered_forget_all_meaning = Eine Verbindung, die auf einem davon beruht, wird getrennt, und Sie werden zu jedem dieser Server erneut gefragt.
remembered_forget_in_use_meaning = Die Verbindung mit { $server } beruht auf diesem Zertifikat. Sie wird getrennt, und Sie werden erneut gefragt.
remembered_forget_confirm = Vergessen
remembered_forget_cancel = Abbrechen
remembered_forgotten = Was für { $server } zugelassen war, ist vergessen.
remembered_forgotten_count =
    { $certificates ->
        [0] Es gab nichts zu vergessen.
        [one] Ein Zertifikat ist vergessen.
       *[other] { $certificates } Zertifikate sind vergessen.
    }
remembered_nothing_for = Für { $server } ist nichts zugelassen.
