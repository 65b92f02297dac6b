### The certificates that the person allowed.

remembered_window = Remembered certificates
remembered_introduction = These certificates are not valid, and are let through all the same: each says who allowed it. Forget one, and you are asked again.
remembered_none = No invalid certificate is remembered.
remembered_keychain_not_read = The keychain cannot be read, so this list may lack something. { $reason }

remembered_server = Server
remembered_since = Allowed on
remembered_why = Why it was invalid
remembered_last_used = Last used
remembered_never_used = never
remembered_by = Allowed by
remembered_by_person = you
remembered_by_announcement = the server, which had announced it in the place of one that was allowed
remembered_by_profile = nobody: it was let through when the server announced another one
remembered_by_recovery_file = a recovery file of the server
remembered_announced = Announced by the server
# Another certificate that is let through as well, up to a moment.
remembered_announced_until = { $fingerprint }, until { $until }
remembered_until = Holds until
remembered_until_changed = the certificate changes
remembered_until_end = you log out or quit Countersign
remembered_standing = Now
remembered_in_use = the connection rests on it
remembered_holds = lets the next connection through
remembered_over = over: you will be asked again

remembered_forget = Forget
remembered_forget_which = Forget what was allowed for { $server }
remembered_forget_all = Forget all…
remembered_forget_all_question =
    Forget { $certificates ->
        [one] the one remembered certificate
       *[other] all { $certificates } remembered certificates
    }?
remembered_forget_all_meaning = A connection that rests on one of them is closed, and you are asked again about each of these servers.
remembered_forget_in_use_meaning = The connection to { $server } rests on this certificate. It is closed, and you are asked again.
remembered_forget_confirm = Forget
remembered_forget_cancel = Cancel
remembered_forgotten = What was allowed for { $server } is forgotten.
remembered_forgotten_count =
    { $certificates ->
        [0] There was nothing to forget.
        [one] One certificate is forgotten.
       *[other] { $certificates } certificates are forgotten.
    }
remembered_nothing_for = Nothing is remembered for { $server }.
