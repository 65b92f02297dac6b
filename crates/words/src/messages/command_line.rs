use crate::Text;

messages! {
    command_line_comparison(label: &Text, before: &Text, now: &Text);
    command_line_list_shows();
    command_line_report_written(file: &str);
    command_line_nothing_logged(directory: &str);
    command_line_user(proxy: &str);
    command_line_password(proxy: &str);
    command_line_logged_in(proxy: &str);
    command_line_logged_out(proxy: &str);
    command_line_recovery_file_not_read(file: &str, detail: &str);
    command_line_no_proxy();
    command_line_proxy_not_clear(detail: &Text);
    command_line_user_missing();
    command_line_login_length();
    command_line_login_character();
    autostart_on();
    autostart_off();
    autostart_not_managed();
    autostart_not_written(file: &str, detail: &str);
    autostart_no_home();
    command_line_not_reached(detail: &str);
    command_line_not_written(detail: &str);
    command_line_not_read(detail: &str);
    command_line_not_run(detail: &str);
    command_line_log_not_read(directory: &str, detail: &str);
    command_line_report_not_redacted(detail: &str);
    command_line_report_exists(file: &str);
    command_line_report_not_written(file: &str, detail: &str);
}
