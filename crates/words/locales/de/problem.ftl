### Was mit einem Zertifikat nicht stimmen kann. Für jede Art: ein Satz, was nicht stimmt, einer, was das hier bedeutet
### (`_meaning`), und der genaue Fachbegriff für die Einzelheiten (`_term`). Die Namen sind die Codes der Arten.

## Welches Zertifikat, am Anfang eines Satzes.

certificate_of_server = Das Zertifikat des Servers
certificate_sent = Das { $number }. Zertifikat, das der Server gesendet hat,
certificate_of_unnamed_root = Das Zertifikat einer vertrauenswürdigen Zertifizierungsstelle
certificate_of_authority = Das Zertifikat der Zertifizierungsstelle { $name }

## Die Arten, die schwerwiegendste zuerst.

problem_no_certificate = Der Server hat kein Zertifikat vorgelegt.
problem_no_certificate_meaning = Nichts belegt, wer die Gegenstelle ist: Es könnte jeder sein.
problem_no_certificate_term = Kein Zertifikat vorgelegt

problem_revoked = { $certificate } wurde vom Aussteller für ungültig erklärt.
problem_revoked_meaning = Der Aussteller warnt davor, sich noch auf dieses Zertifikat zu verlassen, zum Beispiel weil sein Schlüssel gestohlen wurde.
problem_revoked_term = Zertifikat gesperrt (revoked)

problem_chain_too_large = Der Server hat { $certificates } Zertifikate mit zusammen { $bytes } Byte gesendet, mehr als angenommen werden.
problem_chain_too_large_meaning = Ein richtig eingerichteter Server sendet zwei bis vier Zertifikate; das hier könnte ein Versuch sein, diesen Computer zu stören.
problem_chain_too_large_term = Zertifikatskette zu groß

problem_malformed = { $certificate } ist nicht lesbar, weil es die Regeln für Zertifikate verletzt.
problem_malformed_meaning = Auf den Inhalt eines solchen Zertifikats ist kein Verlass: Der Server ist falsch eingerichtet oder gehört nicht Ihrem Unternehmen.
problem_malformed_term = Fehlerhaft aufgebautes Zertifikat (RFC 5280): { $detail }

problem_bad_signature = { $certificate } wurde nicht wirklich von { $issuer } unterschrieben, nennt diesen Namen aber als Aussteller.
problem_bad_signature_meaning = Das Zertifikat wurde gefälscht oder beschädigt und belegt daher nicht, wer der Server ist.
problem_bad_signature_term = Ungültige Signatur des Zertifikats

problem_name_mismatch = Das Zertifikat gilt nicht für { $requested }, sondern für { $names }.
problem_name_mismatch_without_names = Das Zertifikat nennt keinen Server, zu dem es gehört, und gilt daher nicht für { $requested }.
problem_name_mismatch_meaning = Vielleicht sind Sie mit einem anderen Server verbunden als gewünscht, oder das Zertifikat wurde für eine andere Adresse Ihres Servers ausgestellt.
problem_name_mismatch_term = Rechnername stimmt nicht überein (RFC 9525)

problem_wildcard_too_broad = Das Zertifikat beansprucht alle Namen unter { $pattern }, die niemandem allein gehören können.
problem_wildcard_too_broad_meaning = Kein vertrauenswürdiger Aussteller stellt ein solches Zertifikat aus, weil es auch zu den Servern Fremder passen würde.
problem_wildcard_too_broad_term = Platzhalter über einer öffentlichen Endung (public suffix)

problem_self_signed = Der Server hat das Zertifikat selbst erstellt, und niemand, dem dieser Computer vertraut, bürgt dafür.
problem_self_signed_meaning = Jeder kann ein solches Zertifikat erstellen; nur wer den Server verwaltet, kann Ihnen sagen, ob dieses von ihm stammt.
problem_self_signed_term = Selbstsigniertes Zertifikat

problem_unknown_issuer = Das Zertifikat wurde von { $issuer } ausgestellt; dieser Stelle vertraut dieser Computer nicht.
problem_unknown_issuer_meaning = Der Aussteller kann die Zertifizierungsstelle Ihres Unternehmens sein, die auf diesem Computer nicht eingerichtet ist, oder jemand, der sich als Ihr Server ausgibt.
problem_unknown_issuer_term = Unbekannter Aussteller (kein Pfad zu einem vertrauenswürdigen Stammzertifikat)

problem_unsuitable_root = Das Zertifikat stützt sich auf { $authority }; diese Stelle ist dem Computer bekannt, darf aber keine Zertifikate ausstellen.
problem_unsuitable_root_meaning = Die vertrauenswürdigen Zertifikate dieses Computers sind so eingerichtet, dass dieses nicht für einen Server bürgen kann.
problem_unsuitable_root_term = Ungeeigneter Vertrauensanker: { $detail }

problem_expired = Das Zertifikat ist am { $not_after } abgelaufen.
problem_expired_meaning = Vermutlich wurde das Zertifikat nicht rechtzeitig erneuert, oder die Uhr dieses Computers geht falsch; sein Aussteller steht nicht mehr dafür ein.
problem_expired_term = Zertifikat abgelaufen (notAfter)

problem_not_yet_valid = Das Zertifikat gilt erst ab { $not_before }.
problem_not_yet_valid_meaning = Vermutlich geht die Uhr dieses Computers falsch, oder das Zertifikat wurde zu früh in Betrieb genommen.
problem_not_yet_valid_term = Zertifikat noch nicht gültig (notBefore)

problem_issuer_expired = { $certificate } ist am { $not_after } abgelaufen.
problem_issuer_expired_meaning = Wer für den Server bürgt, ist dazu nicht mehr berechtigt, oder die Uhr dieses Computers geht falsch.
problem_issuer_expired_term = Zertifikat des Ausstellers abgelaufen (notAfter)

problem_issuer_not_yet_valid = { $certificate } gilt erst ab { $not_before }.
problem_issuer_not_yet_valid_meaning = Wer für den Server bürgt, ist dazu noch nicht berechtigt, oder die Uhr dieses Computers geht falsch.
problem_issuer_not_yet_valid_term = Zertifikat des Ausstellers noch nicht gültig (notBefore)

problem_wrong_usage = Das Zertifikat wurde ausgestellt für: { $allowed } – nicht für einen Server.
problem_wrong_usage_meaning = Das Zertifikat dient einem anderen Zweck und belegt daher nicht, dass dies der Server Ihres Unternehmens ist.
problem_wrong_usage_term = Erweiterte Schlüsselverwendung ohne serverAuth

problem_wrong_key_usage = Der Schlüssel des Zertifikats ist bestimmt für: { $allowed } – nicht für den Nachweis, wer ein Server ist.
problem_wrong_key_usage_meaning = Der Schlüssel dient einem anderen Zweck und belegt daher nicht, dass dies der Server Ihres Unternehmens ist.
problem_wrong_key_usage_term = Schlüsselverwendung ohne digitalSignature

problem_authority_as_server = Das Zertifikat von { $subject } ist dazu bestimmt, andere Zertifikate auszustellen, nicht für einen Server.
problem_authority_as_server_meaning = Beim Erstellen eigener Zertifikate kommt dieser Fehler oft vor; ein richtig eingerichteter Server hat aber ein eigenes Zertifikat.
problem_authority_as_server_term = CA-Zertifikat als Serverzertifikat (basicConstraints)

problem_issuer_not_authority = { $certificate } wurde benutzt, um ein anderes auszustellen, gehört aber keiner Zertifizierungsstelle.
problem_issuer_not_authority_meaning = Jemand könnte ein gewöhnliches Zertifikat missbraucht haben, um für diesen Server zu bürgen.
problem_issuer_not_authority_term = Aussteller ist keine CA (basicConstraints)

problem_issuer_may_not_sign = { $certificate } erlaubt seinem Schlüssel nicht, andere Zertifikate zu unterschreiben.
problem_issuer_may_not_sign_meaning = Jemand könnte mit einem Schlüssel für diesen Server gebürgt haben, der nie dafür gedacht war.
problem_issuer_may_not_sign_term = Aussteller ohne keyCertSign (Schlüsselverwendung)

problem_issuer_wrong_usage = { $certificate } ist bestimmt für: { $allowed } – nicht dafür, Zertifikate für Server auszustellen.
problem_issuer_wrong_usage_meaning = Jemand könnte mit einer Zertifizierungsstelle für diesen Server gebürgt haben, die nie dafür gedacht war.
problem_issuer_wrong_usage_term = Aussteller nicht für serverAuth zugelassen (erweiterte Schlüsselverwendung)

problem_path_too_long =
    { $certificate } erlaubt unter sich { $limit ->
        [0] keine weitere Zertifizierungsstelle
        [one] eine weitere Zertifizierungsstelle
       *[other] { $limit } weitere Zertifizierungsstellen
    }, die Kette hat aber mehr.
problem_path_too_long_meaning = Eine Zertifizierungsstelle hat ihre Befugnis überschritten; ihr Wort zählt für diesen Server nicht.
problem_path_too_long_term = Zulässige Pfadlänge überschritten (pathLenConstraint)

problem_name_not_permitted = Die Zertifizierungsstelle { $authority } darf nur für bestimmte Namen Zertifikate ausstellen, und dieser gehört nicht dazu.
problem_name_not_permitted_by_unknown = Eine Zertifizierungsstelle der Kette darf nur für bestimmte Namen Zertifikate ausstellen, und dieser gehört nicht dazu.
problem_name_not_permitted_meaning = Eine Zertifizierungsstelle bürgt für einen Server, für den sie nicht zuständig ist; ihr Wort zählt daher nicht.
problem_name_not_permitted_term = Name außerhalb der Namensbeschränkungen (name constraints)

problem_misplaced_name_constraints = Das Zertifikat beschränkt die Namen anderer Zertifikate, was nur das einer Zertifizierungsstelle darf.
problem_misplaced_name_constraints_meaning = Das Zertifikat ist ungewöhnlich aufgebaut; ob es für diesen Server benutzt werden darf, lässt sich nicht feststellen.
problem_misplaced_name_constraints_term = Namensbeschränkungen in einem Zertifikat, das keine CA ist (name constraints)

problem_unknown_critical_extension = { $certificate } stellt eine Bedingung, die dieses Programm nicht kennt und nicht übergehen darf.
problem_unknown_critical_extension_meaning = Die Bedingung könnte besagen, dass das Zertifikat nicht für diesen Server benutzt werden darf.
problem_unknown_critical_extension_term = Unbekannte kritische Erweiterung { $identifier }

problem_weak_key = { $certificate } hat einen Schlüssel, der nicht mehr sicher ist ({ $key }).
problem_weak_key_meaning = Mit genügend Rechenleistung könnte jemand den Schlüssel herausfinden und sich als der Server ausgeben.
problem_weak_key_term = Schwacher öffentlicher Schlüssel: { $key }

problem_weak_signature = { $certificate } ist mit einem Verfahren unterschrieben, das nicht mehr sicher ist ({ $algorithm }).
problem_weak_signature_meaning = Mit genügend Rechenleistung könnte jemand ein solches Zertifikat fälschen; es belegt daher kaum, wer der Server ist.
problem_weak_signature_term = Schwaches Signaturverfahren: { $algorithm }

problem_unsupported_algorithm = { $certificate } benutzt ein Verfahren, das dieses Programm nicht prüfen kann ({ $algorithm }).
problem_unsupported_algorithm_meaning = Dieses Programm kann nicht feststellen, ob das Zertifikat echt ist.
problem_unsupported_algorithm_term = Nicht unterstütztes Verfahren: { $algorithm }

problem_too_complex = Die Zertifikate des Servers sind zu verflochten, um sie zu prüfen.
problem_too_complex_meaning = Ob jemand Vertrauenswürdiges für den Server bürgt, lässt sich nicht feststellen; das hier könnte ein Versuch sein, diesen Computer zu stören.
problem_too_complex_term = Pfadprüfung zu aufwendig

problem_not_acceptable = Das Zertifikat wurde bei der Prüfung abgelehnt.
problem_not_acceptable_meaning = Auf den Inhalt eines solchen Zertifikats ist kein Verlass: Der Server ist falsch eingerichtet oder gehört nicht Ihrem Unternehmen.
problem_not_acceptable_term = Von der Prüfung abgelehnt: { $detail }

## Wofür ein Zertifikat benutzt werden darf, mitten im Satz: erweiterte Schlüsselverwendung.

usage_any = jeden Zweck
usage_servers = Server
usage_clients = Clients
usage_signing_programs = das Signieren von Programmen
usage_email = E-Mail
usage_time_stamps = Zeitstempel
usage_certificate_status = Auskünfte über Zertifikate

## … und Schlüsselverwendung.

key_usage_signatures = Signaturen
key_usage_binding_signatures = verbindliche Signaturen
key_usage_encrypting_keys = das Verschlüsseln von Schlüsseln
key_usage_encrypting_data = das Verschlüsseln von Daten
key_usage_agreeing_on_keys = das Vereinbaren von Schlüsseln
key_usage_signing_certificates = das Signieren von Zertifikaten
key_usage_signing_revocation_lists = das Signieren von Sperrlisten
key_usage_encryption_only = nur das Verschlüsseln
key_usage_decryption_only = nur das Entschlüsseln

## Schlüssel und Signaturen. $name, $hash und $key sind Namen von Verfahren, $bits ist Text.

algorithm_with_bits = { $name } { $bits } Bit
algorithm_with_key = { $hash } mit { $key }
