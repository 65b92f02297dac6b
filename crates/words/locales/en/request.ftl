### What the running app answers to windows and to the command line.

request_pinned = This computer is set up for { $server } by its administrator, so another server cannot be chosen. Ask your IT department.
request_no_question = There is no open question. Choose Connect to be asked again.
request_other_question = The open question is about another certificate. Look at it again before you answer.
request_answers_forbidden = Questions about certificates are answered in the dialog only. An administrator can permit answers on the command line with “answers_on_command_line” in the section [endpoint_control] of this computer’s configuration.
request_too_long = The endpoint profile does not permit to allow a certificate for so long. Choose a shorter time.
request_not_removed = { $reason } What was allowed does not count any more, and is removed from the keychain at the next opportunity.
request_not_kept = { $reason } It holds until Countersign ends.
request_recovery_other_signature = The signature of this recovery file is not that of the server of this computer: it was changed, or is of another server. Ask your IT department for a new one.
request_recovery_other_server = This recovery file is for another server than the one that this computer is set up for.
request_recovery_other_identity = This recovery file names { $server } as the new address, where this computer knows another server. Ask your IT department whether the file is right.
request_recovery_no_identity = This computer does not know the identity of { $server }, so that it cannot tell whose file it is. Ask your IT department to install Countersign again with the installer of the server.
request_recovery_other_computers = This recovery file is for other computers.
request_recovery_over = This recovery file was to be used until { $until }. Ask your IT department for a new one.
request_recovery_taken = This recovery file has been taken already.
request_recovery_older = A newer recovery file has been taken already.
request_recovery_unreadable = The recovery file is not taken: { $reason }
request_ended = Countersign is ending, so it takes no more requests.
request_not_running = Countersign is not running. Start it from the menu of the desktop, or with “countersign run”.
request_no_answer = Countersign does not answer. Quit it and start it again if that lasts.
request_other_version = The running Countersign is of another version. Quit it and start it again.

## What commands print.

command_line_connecting = The connection is being made.
command_line_disconnected = Disconnected. This computer does not connect again until you say so.
command_line_allowed = Allowed. This computer connects to the server.
command_line_denied = Denied. This computer does not connect. “countersign connect” asks again.
command_line_since = Since

## Why a window or a command gets nothing.

request_busy = Countersign is already talked to by as many windows and command lines as it listens to. Close some.
request_not_understood = The running Countersign did not understand the request: { $detail }.
request_timed_out = Countersign did not do it in time. Try again.
request_not_for_windows = This window cannot do that.
request_no_display = Countersign runs without a display, so it cannot show windows.
