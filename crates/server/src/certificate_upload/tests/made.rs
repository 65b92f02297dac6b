//! A root, an intermediate authority and a server's certificate, and files of them, all made by OpenSSL's program.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// Files in a directory of their own.
pub(super) struct Made(TempDir);

/// Where the intermediate authority says its certificate can be had.
pub(super) const ISSUER_ADDRESS: &str = "http://ca.example/intermediate.cer";

/// What all tests share; they only add files.
pub(super) static MADE: LazyLock<Made> = LazyLock::new(|| {
    let made = Made(TempDir::new().unwrap());
    made.write("authority.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n");
    made.write(
        "server.ext",
        &format!("subjectAltName=DNS:server.example\nauthorityInfoAccess=caIssuers;URI:{ISSUER_ADDRESS}\n"),
    );
    let ec = "-pkeyopt ec_paramgen_curve:P-256 -noenc";
    made.openssl(&format!(
        "req -x509 -newkey ec {ec} -keyout root.key -out root.pem -subj /CN=Root -days 30"
    ));
    made.openssl(&format!(
        "req -new -newkey ec {ec} -keyout intermediate.key -out intermediate.csr -subj /CN=Intermediate"
    ));
    made.openssl(
        "x509 -req -in intermediate.csr -CA root.pem -CAkey root.key -days 30 -extfile authority.ext -out intermediate.pem",
    );
    made.openssl(
        "req -new -newkey rsa:2048 -noenc -keyout server.key -out server.csr -subj /CN=server.example",
    );
    made.openssl(
        "x509 -req -in server.csr -CA intermediate.pem -CAkey intermediate.key -days 20 -extfile server.ext -out server.pem",
    );
    let chain = [made.text("intermediate.pem"), made.text("root.pem")].concat();
    made.write("issuers.pem", &chain);
    made
});

impl Made {
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs OpenSSL with words that have no spaces in them.
    pub(super) fn openssl(&self, words: &str) {
        self.openssl_with(words, &[]);
    }

    /// Runs OpenSSL with words and with arguments that may have spaces in them.
    pub(super) fn openssl_with(&self, words: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        command.args(words.split_whitespace()).args(more).current_dir(self.path());
        let output = command.output().expect("the program openssl is needed for these tests");
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(super) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// A PKCS#12 file of the server's certificate, its issuers and its key.
    pub(super) fn pkcs12(&self, name: &str, words: &str, more: &[&str]) -> Vec<u8> {
        let file = format!("{}.p12", name.replace(' ', "-"));
        let words = format!(
            "pkcs12 -export -in server.pem -inkey server.key -certfile issuers.pem -out {file} {words}"
        );
        self.openssl_with(&words, more);
        self.bytes(&file)
    }
}

/// A file that was made elsewhere; `README.md` beside it says how.
pub(super) fn kept(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificate_upload");
    fs::read(directory.join(name)).unwrap()
}
