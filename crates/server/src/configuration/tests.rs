//! How settings come together, and what is said of wrong ones.

use clap::CommandFactory as _;

use super::*;

fn load(file: &str, arguments: &[&str]) -> Result<ServerConfiguration, ConfigurationError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("server.toml");
    std::fs::write(&path, file).unwrap();
    let mut command_line =
        CommandLine::parse_from(std::iter::once("countersign-server").chain(arguments.iter().copied()));
    command_line.configuration = Some(path);
    ServerConfiguration::load(command_line)
}

#[test]
fn the_command_line_outranks_the_file() {
    CommandLine::command().debug_assert();
    let file = "data_directory = \"/a\"\ntelemetry_address = \"127.0.0.1:1\"\nserver_name = \"A.example\"";
    let configuration = load(file, &["--data-directory", "/b"]).unwrap();
    assert_eq!(configuration.data_directory, PathBuf::from("/b"));
    assert_eq!(configuration.telemetry_address.port(), 1);
    assert_eq!(configuration.console_address.port(), 8443);
    assert_eq!(configuration.server_name.unwrap().to_string(), "a.example");
}

#[test]
fn the_address_of_the_database_is_not_printed() {
    let file = "data_directory = \"/a\"\ndatabase_url = \"postgres://a:geheim@file/c\"";
    let url = "postgres://a:geheim@line/c";
    for (arguments, expected) in
        [(&[][..], "“c” at file:5432"), (&["--database-url", url][..], "“c” at line:5432")]
    {
        let configuration = load(file, arguments).unwrap();
        for said in [configuration.to_string(), format!("{configuration:?}")] {
            assert!(said.contains(expected) && !said.contains("geheim"), "{said}");
        }
    }
    let command_line = CommandLine::parse_from(["countersign-server", "--database-url", url]);
    assert!(!format!("{command_line:?}").contains("geheim"));
}

#[test]
fn what_is_wrong_is_named() {
    for (file, expected) in [
        ("", "data directory"),
        ("data_directory = \"/a\"\nport = 1", "port"),
        ("data_directory = \"/a\"\nconsole_address = \"x\"", "console_address"),
        ("data_directory = \"/a\"\nconsole_address = \"localhost:1\"", "Give an IP address and a port"),
        ("data_directory = \"/a\"\ntelemetry_address = \":8013\"", "a host name is not possible"),
        ("data_directory = \"/a\"\nserver_name = \"a b\"", "a b"),
        ("data_directory = \"/a\"\nlog_format = \"xml\"", "log_format"),
        (
            "data_directory = \"/a\"\ndatabase_url = \"mysql://a:geheim@b/c\"",
            "no address of a PostgreSQL database",
        ),
        ("data_directory = \"/a\"\ndatabase_url = \"postgres://a:geheim@b/c", "database_url"),
        (
            "data_directory = \"/a\"\n[openid_connect]\nissuer = \"https://b\"\nclient_id = \"c\"",
            "Set “server_name”",
        ),
        ("data_directory = \"/a\"\n[openid_connect]\nclient_secret = [\"geheim\"]", "client_secret"),
        ("data_directory = \"/a\"\n[openid_connect]\nclient_secret = \"geheim", "client_secret"),
        ("data_directory = \"/a\"\n[openid_connect]\nclient_secret = \"geheim\"", "issuer"),
        ("data_directory = \"/a\"\ndatabase_url = [\"postgres://a:geheim@b/c\"]", "database_url"),
    ] {
        let error = load(file, &[]).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("geheim"), "{error}");
    }
}
