//! How the program takes its settings.

use std::process::{Command, Output};

fn check(file: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("server.toml");
    std::fs::write(&path, file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-server"));
    command.env_clear().envs(environment.iter().copied()).env("COUNTERSIGN_SERVER_CONFIGURATION", &path);
    command.arg("--check-config").args(arguments).output().unwrap()
}

#[test]
fn the_command_line_outranks_the_environment_which_outranks_the_file() {
    let file = "data_directory = \"/file\"\ntelemetry_address = \"127.0.0.1:1\"\nconsole_address = \"127.0.0.1:2\"\n\
                server_name = \"file.example\"";
    let output = check(
        file,
        &[
            ("COUNTERSIGN_SERVER_TELEMETRY_ADDRESS", "127.0.0.1:11"),
            ("COUNTERSIGN_SERVER_NAME", "environment.example"),
            ("COUNTERSIGN_SERVER_LOG_FORMAT", "text"),
        ],
        &["--server-name", "line.example", "--log-format", "json"],
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said,
        "data_directory = \"/file\"\nkey_file = \"/file/sealing-key\"\ntelemetry_address = \"127.0.0.1:11\"\n\
         console_address = \"127.0.0.1:2\"\nserver_name = \"line.example\"\nenrolments_per_minute = 600\n\
         keep_history_days = 90\nlog_format = \"json\"\n\
         # The key file is not there: it is made at the first start. Where the database holds secrets already, put the key file in \
         its place with which they are sealed.\n"
    );
    assert_eq!(output.status.code(), Some(0));
    // What it says can be its file.
    assert_eq!(String::from_utf8(check(&said, &[], &[]).stdout).unwrap(), said);
}

#[test]
fn the_address_of_the_database_is_taken_from_everywhere_and_never_shown() {
    let file = "data_directory = \"/a\"\ndatabase_url = \"postgres://anna:geheim@file.example/c\"";
    let environment = [("COUNTERSIGN_SERVER_DATABASE_URL", "postgres://anna:geheim@environment.example/c")];
    let line = ["--database-url", "postgres://anna:geheim@line.example/c"];
    for (environment, arguments, expected) in [
        (&[][..], &[][..], "“c” at file.example:5432"),
        (&environment[..], &[][..], "“c” at environment.example:5432"),
        (&environment[..], &line[..], "“c” at line.example:5432"),
    ] {
        let output = check(file, environment, arguments);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(expected) && !said.contains("geheim"), "{said}");
    }
    for (arguments, code) in
        [(["--database-url", "mysql://anna:geheim@a/c"], 3), (["--help", "--check-config"], 0)]
    {
        let output = check(file, &environment, &arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.to_lowercase().contains("postgres") && !said.contains("geheim"), "{said}");
    }
}

#[test]
fn wrong_settings_are_named_and_nothing_is_started() {
    for (file, environment, code, expected) in [
        ("", &[][..], 3, "No data directory"),
        ("data_directory = \"/a\"\nport = 1", &[][..], 3, "port"),
        ("data_directory = \"/a\"", &[("COUNTERSIGN_SERVER_NAME", "a b")][..], 3, "a b"),
        (
            "data_directory = \"/a\"",
            &[("COUNTERSIGN_SERVER_CONSOLE_ADDRESS", "x")][..],
            2,
            "no address to listen on",
        ),
    ] {
        let output = check(file, environment, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{said}");
    }
}
