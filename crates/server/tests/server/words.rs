//! What the program says when it is started with something that does not fit.

use std::process::Command;

#[test]
fn what_does_not_fit_is_named_with_what_would_be_right() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (data, file) = (at("data"), at("file"));
    std::fs::write(&file, "telemetry_address = \"server.example:8013\"\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = taken.local_addr().unwrap().to_string();
    let (beneath_file, nowhere) = (format!("{file}/data"), at("missing/ready.json"));
    let good = ["--data-directory", &data, "--telemetry-address", "127.0.0.1:0"];
    let address = "Give an IP address and a port, for example 0.0.0.0:8013; a host name is not possible.";
    let cases: [(&[&str], &str, i32, &[&str]); 12] = [
        (
            &["--telemetry-address", "localhost:8013"],
            "",
            2,
            &["--telemetry-address", "localhost:8013", address],
        ),
        (&["--console-address", "8443"], "", 2, &["--console-address", "“8443”", address]),
        (&["--configuration", &file], "", 3, &["telemetry_address", "server.example:8013", address]),
        (&["--console-address", "127.0.0.1:0"], "", 3, &["No data directory is set", "--data-directory"]),
        (&good, "countersign_server=loud", 3, &["COUNTERSIGN_LOG", "“countersign_server=loud”", "“debug”"]),
        (&good, "=,[", 3, &["COUNTERSIGN_LOG", "“=,[”"]),
        (&["--data-directory", &file], "info", 1, &[&file, "there is a file in its place"]),
        (&["--data-directory", &beneath_file], "", 1, &[&beneath_file, "cannot be used"]),
        (&["--console-address", &occupied], "", 1, &[&occupied, "Perhaps another program does already."]),
        (&["--console-address", "192.0.2.1:0"], "", 1, &["192.0.2.1:0", "does not have that address"]),
        (&["--console-address", "127.0.0.1:0", "--ready-file", &nowhere], "", 1, &[&nowhere, "ready file"]),
        (&["--configuration", &nowhere], "", 3, &[&nowhere, "cannot be read"]),
    ];
    for (arguments, log, code, expected) in cases {
        let mut program = Command::new(env!("CARGO_BIN_EXE_countersign-server"));
        program.env("COUNTERSIGN_LOG", log).args(arguments);
        // What a case is not about fits.
        if code == 1 {
            for pair in good.chunks(2).filter(|pair| !arguments.contains(&pair[0])) {
                program.args(pair);
            }
        }
        let output = program.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {log}: {said}");
        for expected in expected {
            assert!(said.contains(expected), "{arguments:?} {log}: “{expected}” is missing in: {said}");
        }
        assert!(!said.contains("Make sure that it belongs"), "{said}");
    }
}
