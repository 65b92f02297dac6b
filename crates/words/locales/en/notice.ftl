### Notifications: a title of one line, and whole sentences.

notice_answer_needed = Your answer is needed
notice_answer_needed_body = { $server } cannot show a valid certificate. Decide whether this computer connects to it.
notice_answer_needed_action = Review…

notice_answer_not_kept = Your answer could not be saved
notice_answer_not_kept_body = { $reason } Your answer holds until Countersign ends; after that you will be asked again.

notice_command_message = From your administrator: { $title }

notice_first_use = First connection to a new server
notice_first_use_body = { $server } cannot show a valid certificate, and this computer has never talked to it before. As this computer is set up to allow that, the server is trusted from now on.

notice_recovered = A recovery file was taken
notice_recovered_body = A recovery file of { $server } was taken: this computer connects to it by what that file says.
notice_recovered_history = The connection history notes it.

notice_other_identity = This may not be your company’s server
notice_other_identity_body = What answers as { $server } is not the server that this computer was set up for: it proved another identity. Your enrolment token was not given away. Tell your IT department.

## Why an answer could not be saved. $detail is what the system said.

keychain_unavailable = The keychain of this computer is not available ({ $detail }).
keychain_locked = The keychain of this computer is locked or refuses access ({ $detail }).
keychain_timed_out =
    The keychain of this computer did not answer within { $seconds ->
        [one] one second
       *[other] { $seconds } seconds
    }.
keychain_malformed = What the keychain of this computer holds cannot be read ({ $detail }).

## A question cannot be shown now.

notice_without_tray = Countersign runs without a tray icon
notice_without_tray_body = This desktop shows no tray icons. Open Countersign from the menu of applications to see whether this computer is connected.
