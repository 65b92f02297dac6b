### What happened to the connection: each change with its reason, which is worded as the state itself.

history_window = Connection history
history_none = Nothing has happened yet.
# $change is what happened, $server where.
history_connected = Connected
history_connected_remembered = Connected, certificate allowed
history_connected_identified = Connected, certificate invalid, identity proved
history_connected_unverified = Connected, certificate invalid, nothing proved
history_connected_announced = Connected, with a certificate that the server had announced
history_recovered = Recovery file taken
history_disconnected = Disconnected
history_asked = Question asked
history_refused = Connection refused
history_not_connected = No connection
# An attempt that failed in the same way several times in a row.
history_times =
    { $times ->
        [one] once
       *[other] { $times } times, the last time on { $last }
    }
history_certificate = Certificate { $fingerprint }
