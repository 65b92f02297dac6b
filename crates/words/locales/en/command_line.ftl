### What commands print, beside what windows say in the same words. $file and $directory are paths, $detail is what the
### system says.

# A field of two certificates: its name, and what it was and is.
command_line_comparison = { $label }: before { $before }, now { $now }
command_line_list_shows = “countersign certificates list” shows what is.
command_line_report_written = The report is in { $file }. Please read it before you hand it on.
command_line_nothing_logged = Nothing has been logged in { $directory }.

## User and password for a proxy.

command_line_user = User for { $proxy }:
command_line_password = Password for { $proxy }:
command_line_logged_in = User and password for { $proxy } are in the keychain. They are used at the next attempt; “countersign connect” makes one.
command_line_logged_out = The keychain holds no user and password for { $proxy }.
command_line_recovery_file_not_read = The recovery file { $file } cannot be read: { $detail }.
command_line_no_proxy = No proxy is set up for the management server, so there is none to log in at.
command_line_proxy_not_clear = It is not clear which proxy is used: { $detail }
command_line_user_missing = Say with --user for whom the password is: standard input is no terminal to ask at.
command_line_login_length = User and password for a proxy have between 1 and 255 bytes each.
command_line_login_character = User and password for a proxy hold no control characters, and the user no colon.

## Starting with the session.

autostart_on = Countersign starts with your session.
autostart_off = Countersign does not start with your session.
autostart_not_managed = Whether Countersign starts with your session is set in the settings of the operating system.
autostart_not_written = Whether Countersign starts with your session could not be changed: { $file } cannot be written ({ $detail }). Check that this file and its directory belong to you.
autostart_no_home = Whether Countersign starts with your session could not be changed: your home directory is not known. Set HOME.

## Why a command fails.

command_line_not_reached = The running Countersign cannot be reached: { $detail }.
command_line_not_written = The output cannot be written: { $detail }.
command_line_not_read = What was entered cannot be read: { $detail }.
command_line_not_run = The system does not let this program run: { $detail }.
command_line_log_not_read = The log in { $directory } cannot be read: { $detail }.
command_line_report_not_redacted = What is private cannot be taken out of the report, which is therefore not written: { $detail }.
command_line_report_exists = There is a file { $file } already. Name another, or remove it.
command_line_report_not_written = The report { $file } cannot be written: { $detail }. Name a file in a directory of yours.
