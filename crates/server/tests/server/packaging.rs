//! The Debian package of the server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-server");

/// What a program says, which has to end well.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_package_holds_a_program_that_runs_as_its_unit_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = tempfile::tempdir().unwrap();
    let script = root.join("scripts/package-server");
    let package = PathBuf::from(said(Command::new(script).arg(PROGRAM).arg(directory.path())));
    let field = |name: &str| said(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name));
    assert_eq!(field("Package"), "countersign-server");
    assert_eq!(field("Version"), env!("CARGO_PKG_VERSION"));
    assert!(field("Depends").contains("libc6"), "{}", field("Depends"));

    let unpacked = directory.path().join("unpacked");
    said(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(&unpacked));
    assert_eq!(mode(&unpacked), 0o755, "the root of whoever installs it");
    let conffiles = std::fs::read_to_string(unpacked.join("DEBIAN/conffiles")).unwrap();
    assert_eq!(conffiles.trim(), "/etc/countersign-server/environment");
    assert_eq!(mode(&unpacked.join("etc/countersign-server/environment")), 0o640, "passwords may be in it");
    for script in ["postinst", "prerm", "postrm"] {
        said(Command::new("sh").arg("-n").arg(unpacked.join("DEBIAN").join(script)));
        assert_eq!(mode(&unpacked.join("DEBIAN").join(script)), 0o755, "{script}");
    }

    let unit = unpacked.join("usr/lib/systemd/system/countersign-server.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let (program, arguments) = start.split_once(' ').unwrap();
    let mut check = Command::new(unpacked.join(program.trim_start_matches('/')));
    let environment = std::fs::read_to_string(unpacked.join("etc/countersign-server/environment")).unwrap();
    for line in environment.lines() {
        // The examples, as if somebody had made settings of them.
        if let Some((name, value)) = line.trim_start_matches('#').split_once('=')
            && name.starts_with("COUNTERSIGN_SERVER_")
        {
            check.env(name, value);
        }
    }
    let said = said(check.args(arguments.split(' ')).arg("--check-config"));
    assert!(said.contains("management.example.com"), "{said}");
}
