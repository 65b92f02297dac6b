"""Takes the pictures of one set, on the virtual desktop that it is started on.

Everything that a real server can bring about comes from the app itself and a real handshake; the other states come from
the showcase, whose data is fixed.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from programs import BUILT, App, Helper, MockServer, Program, Server, Showcase, wait_for, word
from screen import Screen, output, run

HOST = "management.example.com"
# What the mock server shows for the first question: name of the picture, name of the certificate.
QUESTIONS = [
    ("one-problem", "self-signed"),
    ("several-problems", "several"),
    ("hostile-names", "hostile"),
    ("clock-behind", "clock-behind"),
    ("clock-ahead", "clock-ahead"),
    ("inspecting-proxy", "inspecting-proxy"),
    ("captive-portal", "captive-portal"),
]
# The rest of the kinds of problem, one each.
KINDS = [
    "unknown-issuer", "expired", "not-yet-valid", "wrong-name", "wrong-usage", "wrong-key-usage", "authority-as-server",
    "misplaced-name-constraints", "unknown-condition", "bad-signature", "issuer-expired", "issuer-not-yet-valid",
    "issuer-not-authority", "issuer-may-not-sign", "issuer-wrong-usage", "name-not-permitted", "path-too-long",
    "unsuitable-root", "weak-signature", "weak-key", "unsupported-algorithm", "malformed", "chain-too-large",
    "too-complex",
]
CERTIFICATES = ["several", "deep", "hostile"]
STATES = ["connected", "remembered", "recovered", "announced", "identified", "unverified", "connecting", "question", "denied", "refused",
          "offline", "waiting", "without-server"]
WINDOWS = ["remembered", "history", "doctor"]
# What a button of a window opens in it: name of the picture, window, catalogue, text of the button.
OPENED = [
    ("status-another-server", "status", "status", "status_other_server"),
    ("window-forget-all", "remembered", "remembered", "remembered_forget_all"),
]
NOTICES = ["answer-needed", "answer-not-kept", "other-identity", "command-message", "first-use", "recovered"]
# Recovery files that are opened.
RECOVERY = ["certificate", "action", "everything", "refused"]
# The height of the panel, and the width of a picture of the icon in it, at 100 %.
PANEL, ICON = 32, 24


class Set:
    def __init__(self, options, home):
        self.home, self.shade, self.groups = home, options.shade, options.groups
        self.helper = Helper(home)
        self.screen = Screen(self.helper, options.directory, options.scale)

    def take(self):
        with self.helper, MockServer(self.home) as mock:
            if "dialogs" in self.groups or "kinds" in self.groups:
                self.dialogs(mock)
            if "connected" in self.groups:
                self.connected(mock)
            if "states" in self.groups:
                self.states()

    def app(self, host, server, roots, more=""):
        return App(self.home, self.helper, self.shade, host, server, roots, more)

    # Dialogs, from the app itself.

    def dialogs(self, mock):
        # Nobody listens until the first certificate is chosen, so the app is not asked about another one.
        mock.show("silence")
        with self.app(HOST, mock, mock.roots) as app:
            if "dialogs" in self.groups:
                for picture, name in QUESTIONS:
                    self.question(app, mock, name, f"question-{picture}")
                for name in CERTIFICATES:
                    self.certificate(app, mock, name)
            if "kinds" in self.groups:
                for name in KINDS:
                    self.question(app, mock, name, f"kind-{name}")
            # Last: from here on something is remembered.
            if "dialogs" in self.groups:
                self.changes(app, mock)
        if "kinds" in self.groups:
            mock.show("broad-wildcard")
            with self.app("example.co.uk", mock, mock.roots) as app:
                self.photograph_dialog(app, "kind-broad-wildcard")

    def ask(self, app, mock, name):
        """Has the app connect to a server with this certificate."""
        if app.shape() in ("connected", "unverified"):
            app.choose("disconnect")
            app.wait_for_shape("offline")
        mock.show(name)
        app.choose("connect")

    def photograph_dialog(self, app, picture):
        dialog = self.screen.ready_dialog(app.number)
        self.screen.take(picture, self.screen.wait_for_window(app.number))
        return dialog

    def question(self, app, mock, name, picture):
        self.ask(app, mock, name)
        dialog = self.photograph_dialog(app, picture)
        self.answer(app, dialog, "deny")

    def answer(self, app, dialog, answer):
        safe = next(button["name"] for button in dialog["buttons"] if button["default"])
        if answer == "deny":
            self.screen.press(app.number, safe)
            app.wait_for_shape("refused")
            return
        # *Allow* stands before the safe answer.
        names = [button["name"] for button in dialog["buttons"]]
        self.screen.press(app.number, names[names.index(safe) - 1])
        app.wait_for_shape("connected", "unverified")

    def certificate(self, app, mock, name):
        self.ask(app, mock, name)
        dialog = self.screen.ready_dialog(app.number)
        before = self.screen.windows(app.number)
        self.helper.ask("press", process=app.number, role="alert", button=dialog["buttons"][0]["name"])
        window = self.screen.wait_for_window(app.number, before)
        self.screen.take(f"certificate-{name}", window)
        self.screen.close(window)
        self.answer(app, self.screen.ready_dialog(app.number), "deny")

    def changes(self, app, mock):
        """Questions about a server that was allowed before."""
        for before, after, picture in [
            ("self-signed", "several", "changed"),
            ("renewal-before", "renewal-after", "changed-renewal"),
            ("worse-before", "worse-after", "worse"),
        ]:
            self.ask(app, mock, before)
            self.answer(app, self.screen.ready_dialog(app.number), "allow")
            self.question(app, mock, after, f"question-{picture}")

    # The states of a connection to a real server, from the app itself.

    def connected(self, mock):
        with Server(self.home) as server:
            token = f'[enrolment]\ntoken = "{server.ready["enrolment_token"]}"\n'
            identity = f'identity = "{server.ready["identity"]}"\n'
            server.show(mock.pairs, "valid")
            with self.app(HOST, server, mock.roots, identity + token) as app:
                app.wait_for_shape("connected")
                self.window(app, "status-real-valid")
            server.show(mock.pairs, "several")
            with self.app(HOST, server, mock.roots, identity + token) as app:
                dialog = self.screen.ready_dialog(app.number)
                self.window(app, "status-real-question")
                self.answer(app, dialog, "allow")
                self.window(app, "status-real-remembered")

    def window(self, app, picture):
        before = self.screen.windows(app.number)
        self.screen.put_behind(app.number)
        app.choose("open")
        window = self.screen.wait_for_window(app.number, before)
        self.screen.wait_for_page(app.number)
        self.screen.take_page(picture, window)
        self.screen.close(window)

    # All states, from the showcase.

    def states(self):
        with Showcase(self.home, self.helper, self.shade, ["state", STATES[0], "--window"]) as showcase:
            window = self.screen.wait_for_window(showcase.number)
            for state in STATES:
                self.tell(showcase, f"state {state}")
                self.screen.take(f"status-{state}", window)
            self.screen.close(window)
            self.further_windows(showcase)
            for state in ["connected", "unverified", "question", "refused", "offline"]:
                self.tell(showcase, f"state {state}")
                showcase.wait_for_shape(state)
                self.tray(state)
            for notice in NOTICES:
                self.tell(showcase, f"notice {notice}")
                self.notification(f"notice-{notice}")
            self.high_contrast(showcase)
        with Showcase(self.home, self.helper, self.shade, ["question", "session"]) as showcase:
            self.screen.ready_dialog(showcase.number)
            self.screen.take("question-session-only", self.screen.wait_for_window(showcase.number))
        for kind in RECOVERY:
            with Showcase(self.home, self.helper, self.shade, ["recovery", kind]) as showcase:
                window = self.screen.wait_for_window(showcase.number)
                self.screen.wait_for_buttons(showcase.number)
                self.screen.take(f"recovery-{kind}", window)

    def high_contrast(self, showcase):
        def picture():
            try:
                return pathlib.Path(showcase.tray()["icon"]).read_bytes()
            except FileNotFoundError:
                # Another has just taken its place.
                return usual

        usual = None
        usual = wait_for("the usual icon", picture)
        run("gsettings", "set", "org.gnome.desktop.a11y.interface", "high-contrast", "true")
        wait_for("the icon with high contrast", lambda: picture() != usual)
        icon = (ICON * self.screen.scale, PANEL * self.screen.scale)
        for state in ["connected", "unverified", "question", "refused", "offline"]:
            self.tell(showcase, f"state {state}")
            showcase.wait_for_shape(state)
            self.screen.take_corner(f"tray-high-contrast-{state}", *icon)
        run("gsettings", "set", "org.gnome.desktop.a11y.interface", "high-contrast", "false")

    def further_windows(self, showcase):
        """Each is a process of the same program, which talks to the one with the tray icon."""
        self.tell(showcase, "state remembered")
        for name in WINDOWS:
            with self.window_process(name) as program:
                window = self.screen.wait_for_window(program.number)
                self.screen.wait_for_page(program.number)
                self.screen.take_page(f"window-{name}", window)
                self.screen.close(window)
        for picture, name, catalogue, button in OPENED:
            with self.window_process(name) as program:
                window = self.screen.wait_for_window(program.number)
                self.screen.wait_for_page(program.number)
                self.screen.press_on_page(program.number, word(catalogue, button))
                self.screen.take_page(picture, window)
                self.screen.close(window)

    def window_process(self, name):
        return Program(f"window-{name}", [BUILT / "examples" / "showcase", "window", name], self.home)

    def tell(self, showcase, line):
        showcase.say(line)
        answer = showcase.process.stdout.readline()
        if not answer.startswith("ok"):
            raise ValueError(answer)

    def tray(self, state):
        """The icon in the panel, and the menu that a click on it opens."""
        screen = self.screen
        icon = (ICON * screen.scale, PANEL * screen.scale)
        screen.take_corner(f"tray-{state}", *icon)
        before = screen.popups()
        run("xdotool", "mousemove", screen.width - icon[1] // 2, screen.height - icon[1] // 2, "click", 1)
        menu = wait_for("the menu", lambda: screen.large(screen.popups() - before))
        run("xdotool", "mousemove", 10, 10)
        screen.take_corner(f"menu-{state}", screen.width - menu[0], screen.height - menu[1])
        run("xdotool", "key", "Escape")
        wait_for("the end of the menu", lambda: screen.popups() <= before)

    def notification(self, picture):
        def shown():
            return output("xdotool", "search", "--onlyvisible", "--class", "Dunst").split()

        self.screen.take_notification(picture, wait_for("the notification", shown)[-1])
        run("dunstctl", "close-all")
        wait_for("the end of the notification", lambda: not shown())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    parser.add_argument("--shade", choices=["light", "dark"], required=True)
    parser.add_argument("--scale", type=int, required=True)
    parser.add_argument("groups", nargs="+", choices=["dialogs", "kinds", "connected", "states"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="countersign-pictures.") as home:
        pictures = Set(options, pathlib.Path(home))
        try:
            pictures.take()
        except (TimeoutError, ChildProcessError, OSError, ValueError, subprocess.SubprocessError) as error:
            for trace in [*pathlib.Path(home).glob("*.log"), *pathlib.Path(home).glob("screen.png")]:
                (options.directory / f"failure-{trace.name}").write_bytes(trace.read_bytes())
            sys.exit(f"{options.directory.name}: {error}. See {options.directory}/failure*.")
    print(f"{options.directory}: {len(pictures.screen.taken)} pictures")


main()
