### Die Frage, die zu beantworten ist, wenn das Zertifikat des Servers nicht gültig ist.

prompt_headline_first = Das ist möglicherweise nicht der Server Ihres Unternehmens
prompt_headline_changed = Das Zertifikat des Servers hat sich geändert: Das kann ein anderer Server sein
prompt_headline_worse = Das Zertifikat, das Sie zugelassen haben, hat sich verschlechtert

prompt_lead_first =
    Countersign kann nicht feststellen, wer hinter { $server } steht, denn das Zertifikat hat { $problems ->
        [one] ein Problem
       *[other] { $problems } Probleme
    }.
prompt_lead_changed =
    Das Zertifikat von { $server } hat sich geändert. Es ist nicht das, das auf diesem Computer am { $allowed } zugelassen wurde, und das neue hat { $problems ->
        [one] ein Problem
       *[other] { $problems } Probleme
    }.
prompt_lead_worse =
    Das Zertifikat von { $server } wurde auf diesem Computer am { $allowed } zugelassen. Seitdem { $problems ->
        [one] ist ein neues Problem
       *[other] sind { $problems } neue Probleme
    } hinzugekommen.

prompt_compare_with = Lassen Sie sich von Ihrer IT-Abteilung den Fingerabdruck ihres Zertifikats vorlesen, am Telefon oder persönlich. Lassen Sie die Verbindung nur zu, wenn jedes Zeichenpaar übereinstimmt.
prompt_consequence = Wenn Sie die Verbindung zulassen, übernimmt dieser Computer Einstellungen und Befehle von diesem Server, und Sie werden zu diesem Zertifikat nicht mehr gefragt, solange Sie es zulassen. Im Zweifel lehnen Sie ab.

prompt_allow = Zulassen
prompt_deny = Ablehnen
prompt_view_certificate = Zertifikat anzeigen …

# Namen für Bildschirmleseprogramme.
prompt_problems = Probleme
prompt_comparison = Altes und neues Zertifikat

prompt_new_problem = Neu
prompt_numbered_problem = { $number }. { $problem }
prompt_fingerprint = Fingerabdruck des Zertifikats (SHA-256):

prompt_allowed_before = Bisher zugelassen
prompt_shown_now = Jetzt vorgelegt
prompt_field_same = { $field } (gleich)
prompt_field_different = { $field } (anders)

## Der Dialog von Windows und macOS.

prompt_certificate = Zertifikat
prompt_more_problems =
    … und { $more ->
        [one] ein weiteres
       *[other] { $more } weitere
    }; das Statusfenster zeigt alle.
prompt_fact = { $label }: { $value }

## Wie lange ein Zertifikat zugelassen wird.

allow_how_long = Dieses Zertifikat zulassen
allow_until_changed = bis es sich ändert
allow_days =
    { $days ->
        [one] einen Tag lang
       *[other] { $days } Tage lang
    }
allow_session = nur bis Sie sich abmelden oder Countersign beenden
allow_only = Wenn Sie dieses Zertifikat zulassen, gilt das { $how_long }.
allow_not_past_expiry = Höchstens bis { $not_after }, wenn das Zertifikat abläuft.
