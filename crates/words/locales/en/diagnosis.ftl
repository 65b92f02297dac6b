### The likely innocent cause of an invalid certificate. It speaks first, so it begins with the cause and ends with what
### to do about it.

diagnosis_clock_behind = The clock of this computer is probably behind: it says { $clock }. Set it right, then connect again.
diagnosis_clock_ahead = The clock of this computer is probably ahead: it says { $clock }. Set it right, then connect again.
diagnosis_captive_portal = You probably have to sign in to this network first: its sign-in page answers instead of the server. Open a web browser, sign in, then connect again. The certificate names { $issuer } as its issuer, though anybody can write that name.
diagnosis_inspecting_proxy = { $product } probably inspects the connections of this computer and shows a certificate of its own. Ask your IT department to exempt the management server. The certificate names { $issuer } as its issuer, though anybody can write that name.
diagnosis_same_issuer_elsewhere = A proxy may inspect the connections of this computer: { $issuer } has issued certificates for { $servers } as well. Ask your IT department whether it does, or whether all these servers are your company’s.
diagnosis_perhaps_same_issuer_elsewhere = A proxy may inspect the connections of this computer: the certificates of { $servers } name the same issuer. Ask your IT department whether a proxy inspects connections, or whether all these servers are your company’s. The issuer calls itself { $issuer }, though anybody can write that name.
diagnosis_renewed_by_same_issuer = The certificate was probably renewed: its key and its issuer are the same as before. Your IT department can confirm it.
diagnosis_renewed_with_same_key = The certificate was probably renewed: its key is the same as before. Your IT department can confirm it.
diagnosis_perhaps_renewed = The certificate may have been renewed: it names the same issuer as before, though anybody can write that name. Ask your IT department before you go on.
