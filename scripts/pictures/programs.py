"""The programs that are looked at, and those that they talk to. Each is ended by whoever started it."""

import json
import os
import pathlib
import ssl
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "debug"
# How long anything may take that should happen at once. Generous: several sets are made at the same time.
SOON = 40


def wait_for(what, ask, seconds=SOON):
    """Asks again and again until there is an answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} seconds")
        time.sleep(0.05)


def word(catalogue, name):
    """A text of the catalogue in the language of the desktop, for texts of one line."""
    language = os.environ.get("LANG", "en")[:2]
    text = (ROOT / "crates/words/locales" / language / f"{catalogue}.ftl").read_text()
    return next(line.removeprefix(f"{name} = ") for line in text.splitlines() if line.startswith(f"{name} = "))


class Program:
    """A process that ends with the block that it is used in."""

    def __init__(self, name, command, home, environment=None):
        self.log = home / f"{name}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def number(self):
        return self.process.pid

    def say(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def check(self):
        if self.process.poll() is not None:
            raise ChildProcessError(f"{self.process.args[0]} has ended: {self.log.read_text()[-2000:]}")
        return self


class Helper(Program):
    """Reads windows and tray as assistive technology and panels do: the helper of the whole-product tests."""

    def __init__(self, home):
        super().__init__("helper", ["/usr/bin/python3", ROOT / "tests/product/support/desktop.py"], home)
        self.process.stdout.readline()

    def ask(self, command, **parameters):
        self.say(json.dumps({"command": command, **parameters}))
        return json.loads(self.process.stdout.readline()).get("result")


class MockServer(Program):
    """One address at which any bad certificate can be shown."""

    def __init__(self, home):
        self.roots = home / "roots.pem"
        self.pairs = home / "pairs"
        ready = home / "mock.json"
        super().__init__("mock-server", [
            BUILT / "countersign-mock-server", "--serve", "valid", "--ready-file", ready, "--roots", self.roots,
            "--write", self.pairs], home)
        wait_for("the start of the mock server", lambda: self.check() and ready.exists())
        self.address = json.loads(ready.read_text())[0]["address"]
        self.port = self.address.rsplit(":", 1)[1]
        self.process.stdout.readline()

    def show(self, name):
        self.say(f"{self.port} {name}")
        answer = self.process.stdout.readline()
        if not answer.startswith("ok"):
            raise ValueError(answer)


class Server(Program):
    """A real management server."""

    def __init__(self, home):
        ready = home / "server.json"
        super().__init__("server", [
            BUILT / "countersign-server", "--data-directory", home / "server", "--telemetry-address", "127.0.0.1:0",
            "--console-address", "127.0.0.1:0", "--server-name", "management.example.com", "--ready-file", ready], home)
        wait_for("the start of the server", lambda: self.check() and ready.exists() and ready.read_text())
        self.ready = json.loads(ready.read_text())
        self.address = self.ready["telemetry"]
        self.port = self.address.rsplit(":", 1)[1]

    def call(self, method, path, body=None):
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(
            f"https://{self.ready['console']}/api/v1{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.ready['administrator_token']}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SOON, context=unchecked) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def show(self, pairs, name):
        chain, key = (pairs / f"{name}.pem").read_text(), (pairs / f"{name}.key.pem").read_text()
        self.call("PUT", "/ssl-certificate?if_not_valid=commit", {"certificate_pem": chain, "private_key_pem": key})
        self.call("PUT", "/settings", {"use_ssl_certificate_for_endpoint_control": True})

    def set_action(self, action):
        profile = self.call("GET", "/profiles")[0]["id"]
        self.call("PUT", f"/profiles/{profile}",
                  {"name": "Default", "invalid_certificate_action": action, "heartbeat_seconds": 30})


class App(Program):
    """The tray app itself."""

    ENTRIES = ["state", "server", "last-contact", "connect", "disconnect", "review", "open", "remembered", "history",
               "about", "quit"]

    def __init__(self, home, helper, shade, host, server, roots, more=""):
        self.helper = helper
        configuration = home / "agent.toml"
        configuration.write_text(
            f'[server]\naddress = "{host}:8013"\nconnect_to = "{server.address}"\n{more}'
            f'[state]\ndirectory = "{home / "agent"}"\n')
        configuration.chmod(0o600)
        super().__init__("app", [
            BUILT / "countersign", "--hidden", "--panel", shade, "--configuration", configuration], home,
            {"SSL_CERT_FILE": str(roots), "COUNTERSIGN_LOG": "info"})
        wait_for("the tray icon", self.tray)

    def __exit__(self, kind, *_):
        if kind:
            subprocess.run(["import", "-window", "root", self.log.with_name("screen.png")], check=False, timeout=SOON)
        super().__exit__()

    def tray(self):
        return self.check() and self.helper.ask("tray", process=self.number)

    def shape(self):
        """The state that the tray icon tells."""
        tray = self.tray()
        return pathlib.Path(tray["icon"]).parent.name if tray else None

    def wait_for_shape(self, *shapes):
        return wait_for(f"the icon {shapes}", lambda: self.shape() in shapes and self.shape())

    def choose(self, entry):
        """Chooses an entry of the menu, whatever it is called in the language of the desktop."""
        place = self.ENTRIES.index(entry)

        def label():
            tray = self.tray()
            if tray and len(tray["entries"]) > place and tray["entries"][place]["enabled"]:
                return tray["entries"][place]["label"]
            return None

        self.helper.ask("choose", process=self.number, entry=wait_for(f"the entry {entry}", label))


class Showcase(App):
    """States and questions from fixed data."""

    def __init__(self, home, helper, shade, arguments):
        self.helper = helper
        Program.__init__(self, "showcase", [BUILT / "examples" / "showcase", "--panel", shade, *arguments], home)
        wait_for("the tray icon", self.tray)
