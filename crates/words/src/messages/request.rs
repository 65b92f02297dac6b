use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    request_pinned(server: &ServerAddress);
    request_no_question();
    request_other_question();
    request_answers_forbidden();
    request_too_long();
    request_not_removed(reason: &Text);
    request_not_kept(reason: &Text);
    request_recovery_other_signature();
    request_recovery_other_server();
    request_recovery_other_identity(server: &ServerAddress);
    request_recovery_no_identity(server: &ServerAddress);
    request_recovery_other_computers();
    request_recovery_over(until: &Text);
    request_recovery_taken();
    request_recovery_older();
    request_recovery_unreadable(reason: &Text);
    request_ended();
    request_not_running();
    request_no_answer();
    request_other_version();
    request_busy();
    request_not_understood(detail: &Text);
    request_timed_out();
    request_not_for_windows();
    request_no_display();
    command_line_connecting();
    command_line_disconnected();
    command_line_allowed();
    command_line_denied();
    command_line_since();
}
