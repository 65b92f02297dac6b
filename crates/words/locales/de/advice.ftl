### Was an einem Zertifikat verbessert werden sollte, obwohl es dadurch nicht ungültig ist. Die Namen sind die Codes.

# $subject sind die Zertifikate, wenn es nicht nur das des Servers selbst ist.
advice_about = { $subject }: { $advice }

advice_name_in_common_name_only = Der Rechnername steht nur im Common Name. Nehmen Sie ihn in die alternativen Namen (subject alternative names) auf: Die meisten Programme suchen nur dort.
advice_common_name_not_among_names = Der Common Name steht nicht unter den alternativen Namen (subject alternative names) und zählt daher nicht.
advice_underscore_in_name = Ein Name enthält einen Unterstrich, was in Rechnernamen nicht erlaubt ist. Manche Programme lehnen ihn ab.
advice_names_wrongly_marked = Die alternativen Namen (subject alternative names) müssen genau dann als kritisch gekennzeichnet sein, wenn der Inhaber leer ist.
advice_purpose_too_wide = Es darf für jeden Zweck benutzt werden. Beschränken Sie die erweiterte Schlüsselverwendung auf serverAuth.
advice_key_usage_without_signature = In der Schlüsselverwendung fehlt digitalSignature, was TLS 1.3 verlangt.
advice_signing_without_authority = Seine Schlüsselverwendung erlaubt, Zertifikate zu signieren, obwohl es keiner Zertifizierungsstelle gehört.
advice_authority_key_identifier_missing = Es nennt den Schlüssel seines Ausstellers nicht (authority key identifier), was den Wechsel dieses Schlüssels erschwert.
advice_authority_key_identifier_unfit = Sein authority key identifier bezeichnet nicht den Schlüssel seines Ausstellers.
advice_subject_key_identifier_missing = Es gehört einer Zertifizierungsstelle und hat keinen subject key identifier.
advice_wrongly_critical = Eine Erweiterung ist als kritisch gekennzeichnet, die es nicht sein darf. Manche Programme lehnen das ab.
advice_not_critical = Eine Beschränkung ist nicht als kritisch gekennzeichnet; Programme, die sie nicht kennen, übergehen sie.
advice_serial_number_unfit = Seine Seriennummer ist null, negativ oder länger als 20 Byte.
advice_authority_without_name = Es gehört einer Zertifizierungsstelle und nennt keinen Inhaber.
advice_name_constraint_with_period = Eine Namensbeschränkung beginnt mit einem Punkt. Programme verstehen das unterschiedlich.
advice_unreadable_extension = Es hat eine Erweiterung, die nicht lesbar ist.
