"""The virtual screen: which windows are on it, and pictures of them."""

import subprocess
import time

from programs import SOON, wait_for

ALERT = "alert"
# A picture of a covered window has a hole.
CLOSE_NOTIFICATIONS = ["dunstctl", "close-all"]


def output(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=SOON, check=False)
    return done.stdout


def run(*command):
    subprocess.run([str(part) for part in command], check=True, timeout=SOON)


class Screen:
    """Takes the pictures of one set."""

    def __init__(self, helper, directory, scale):
        self.helper, self.directory, self.scale = helper, directory, scale
        self.width, self.height = 1280 * scale, 900 * scale
        self.taken = []

    def windows(self, process):
        """The managed windows of a process and its children, the newest last: number and title."""
        family = self.family(process)
        found = []
        for line in output("wmctrl", "-l", "-p").splitlines():
            number, _desktop, owner, _machine, *title = line.split(None, 4)
            if owner in family:
                found.append((number, title[0] if title else ""))
        return found

    def wait_for_window(self, process, known=()):
        known = {number for number, _title in known}

        def new():
            return [window for window in self.windows(process) if window[0] not in known]

        return wait_for("a window", new)[-1][0]

    def dialog(self, process):
        """What assistive technology says of the open dialog."""
        windows = self.helper.ask("windows", process=process) or []
        dialogs = [window for window in windows if window["role"] == ALERT]
        return dialogs[-1] if dialogs else None

    def ready_dialog(self, process):
        """The same, once *Allow* can be chosen."""
        def ready():
            dialog = self.dialog(process)
            return dialog if dialog and len(dialog["buttons"]) >= 3 and all(
                button["sensitive"] for button in dialog["buttons"]) else None

        return wait_for("the dialog", ready)

    def wait_for_buttons(self, process):
        """Until every button of a dialog that is no question can be chosen."""
        def ready():
            windows = self.helper.ask("windows", process=process) or []
            return any(window["buttons"] and all(button["sensitive"] for button in window["buttons"])
                       for window in windows if window["role"] == "dialog")

        wait_for("the buttons of the dialog", ready)

    def press(self, process, button):
        def ended():
            dialog = self.dialog(process)
            # Once more if need be: given the focus meanwhile, *Allow* waits again.
            if dialog and all(found["sensitive"] for found in dialog["buttons"]):
                self.helper.ask("press", process=process, role=ALERT, button=button)
            return not dialog

        wait_for("the end of the dialog", ended)

    def family(self, process):
        """A process and its children, which have the windows."""
        return [str(process), *output("ps", "--ppid", process, "-o", "pid=").split()]

    def wait_for_page(self, process):
        """Until a web window of a process, or of one of its children, shows more than an empty page."""
        def shown():
            for member in self.family(process):
                for window in self.helper.ask("windows", process=int(member)) or []:
                    if window["role"] == "frame" and sum(1 for text in window["texts"] if text.strip()) > 3:
                        return True
            return False

        wait_for("the content of the page", shown)

    def put_behind(self, process):
        """Lets other windows cover the dialog, which keeps above them."""
        for number, _title in self.windows(process):
            run("wmctrl", "-i", "-r", number, "-b", "remove,above")

    def press_on_page(self, process, button):
        """Presses a button of a web window."""
        wait_for(f"the button {button}", lambda: self.helper.ask(
            "press", process=process, role="frame", button=button))

    def close(self, window):
        run("wmctrl", "-i", "-c", window)
        wait_for("the end of the window", lambda: window not in output("wmctrl", "-l"))

    def take(self, name, window):
        """A picture of a window, once it stands still."""
        run("wmctrl", "-i", "-R", window)
        self._keep(name, ["-window", window], [CLOSE_NOTIFICATIONS])

    def take_page(self, name, window):
        """The same of a web window, which on a busy computer is painted some time after it has its content."""
        run("wmctrl", "-i", "-R", window)
        self._keep(name, ["-window", window], [CLOSE_NOTIFICATIONS], still=5)

    def take_corner(self, name, width, height):
        """A picture of the lower right corner of the screen, once it stands still."""
        area = f"{width}x{height}+{self.width - width}+{self.height - height}"
        self._keep(name, ["-window", "root", "-crop", area], [CLOSE_NOTIFICATIONS])

    def take_notification(self, name, window):
        self._keep(name, ["-window", window], [])

    def popups(self):
        """Everything that is seen, menus too, which no window manager manages."""
        return set(output("xdotool", "search", "--onlyvisible", "--name", ".*").split())

    def large(self, windows):
        """Where the first of these windows begins that is more than an auxiliary one."""
        for window in windows:
            lines = output("xdotool", "getwindowgeometry", "--shell", window).splitlines()
            place = dict(line.split("=") for line in lines if "=" in line)
            if int(place.get("HEIGHT", 0)) > 100 * self.scale:
                return int(place["X"]), int(place["Y"])
        return None

    def _keep(self, name, what, before_each, still=1):
        path = self.directory / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        before, same, deadline = None, 0, time.monotonic() + SOON
        while True:
            for command in before_each:
                run(*command)
            run("import", *what, "+repage", "-strip", path)
            picture, colours = output("identify", "-format", "%# %k", path).split()
            same = same + 1 if picture == before and int(colours) > 4 else 0
            if same == still:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} does not come to rest")
            before = picture
            time.sleep(0.15)
        self.taken.append(path)
