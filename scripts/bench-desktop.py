"""Measures the tray app beside another tray client, on the desktop that it is started on.

Prints the time from exec to the registered tray icon, and the memory (proportional set size) of the process and its
children while they are idle and show no window. Both programs start alternately; medians are compared. Of the app also
the time from exec to the session with its server, the memory with its window open and after it was closed again, and how
often its threads wake up in a minute while it is connected, beside the heartbeat.
"""

import datetime
import json
import pathlib
import signal
import ssl
import statistics
import subprocess
import sys
import time
import urllib.request

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

WATCHER = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher")
TO_ICON = 30
TO_SETTLE = 10
A_MINUTE = 60
CONNECTED = "an endpoint is connected"
BUS = Gio.bus_get_sync(Gio.BusType.SESSION, None)


def wait_for(what, seconds, ask):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        GLib.MainContext.default().iteration(False)
        time.sleep(0.001)
    raise SystemExit(f"bench-desktop: {what} did not happen within {seconds} seconds")


def descendants(process):
    """The processes below one, whichever of its threads started them. Threads and processes may end meanwhile."""
    try:
        threads = list(pathlib.Path(f"/proc/{process}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        try:
            children = (thread / "children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield int(child)
            yield from descendants(int(child))


def windows(process):
    return [child for child in descendants(process)
            if b"\0window\0" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes()]


def memory(process):
    """Proportional set size of a process and all below it, in bytes."""
    total = 0
    for number in [process, *descendants(process)]:
        for line in pathlib.Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def wake_ups(process):
    """How often the threads of a process and of all below it have given up a processor and got it again, by thread."""
    counts = {}
    for number in [process, *descendants(process)]:
        for status in pathlib.Path(f"/proc/{number}/task").glob("*/status"):
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            counts[status.parent.name, fields["Name"].strip()] = int(fields["voluntary_ctxt_switches"])
    return counts


def in_a_minute(process):
    """What wakes up within a minute, with how often."""
    before = wake_ups(process)
    time.sleep(A_MINUTE)
    after = wake_ups(process)
    woken = {}
    for (thread, name), count in after.items():
        times = count - before.get((thread, name), 0)
        if times:
            woken[name] = woken.get(name, 0) + times
    return woken


def connected_at(log, since):
    """When the server had the first session after a moment, by its log, in seconds since 1970."""
    for line in log.read_text(errors="replace").splitlines():
        if CONNECTED in line:
            at = datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()
            if at >= since:
                return at
    return None


def measure(command, log, then=None):
    registered = []
    subscription = BUS.signal_subscribe(WATCHER[0], WATCHER[2], "StatusNotifierItemRegistered", WATCHER[1], None,
                                        Gio.DBusSignalFlags.NONE, lambda *_: registered.append(time.monotonic()))
    # The subscription is in place once the bus has answered something after it.
    BUS.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", None, None,
                  Gio.DBusCallFlags.NONE, 5000, None)
    with open(log, "ab") as output:
        start, start_by_clock = time.monotonic(), time.time()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_for(f"the tray icon of {command[0]}", TO_ICON, lambda: registered)
        to_icon = registered[0] - start
        time.sleep(TO_SETTLE)
        idle = memory(process.pid)
        return to_icon, idle, *(then(process.pid, start_by_clock) if then else ())
    finally:
        BUS.signal_unsubscribe(subscription)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def with_window(app, server_log):
    """Memory with the window open, after it was closed, and the time to the session. A second start of the app opens the
    window."""
    def measured(process, start):
        connected = wait_for("the session", TO_ICON, lambda: connected_at(server_log, start)) - start
        subprocess.run([app], stdin=subprocess.DEVNULL, check=True, timeout=20)
        wait_for("the window's process", 20, lambda: windows(process))
        wait_for("WebKit's processes", 20, lambda: len(list(descendants(process))) >= 3)
        time.sleep(TO_SETTLE)
        open_memory = memory(process)
        subprocess.run(["wmctrl", "-c", "Countersign"], check=True, timeout=20)
        wait_for("the end of the window", 20, lambda: not list(descendants(process)))
        time.sleep(TO_SETTLE)
        return open_memory, memory(process), connected
    return measured


def start_server(program, directory):
    """A management server whose profile lets the agent connect without a question."""
    ready = directory / "ready.json"
    with open(directory / "server.log", "ab") as log:
        server = subprocess.Popen(
            [program, "--data-directory", directory / "server", "--telemetry-address", "127.0.0.1:0",
             "--console-address", "127.0.0.1:0", "--ready-file", ready],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_for("the start of the server", 20, ready.exists)
    facts = json.loads(ready.read_text())
    # The server is our own and on this computer; its built-in certificate cannot be valid.
    context = ssl._create_unverified_context()
    headers = {"Authorization": f"Bearer {facts['administrator_token']}", "Content-Type": "application/json"}

    def call(path, method="GET", body=None):
        data = json.dumps(body).encode() if body else None
        url = f"https://{facts['console']}/api/v1{path}"
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return json.load(answer)

    profile = call("/profiles")[0]

    def heartbeat(seconds):
        call(f"/profiles/{profile['id']}", "PUT",
             {"name": "Default", "invalid_certificate_action": "allow", "heartbeat_seconds": seconds})

    heartbeat(30)
    (directory / "agent.toml").write_text(f"""
[server]
address = "localhost"
connect_to = "{facts['telemetry']}"
identity = "{facts['identity']}"
[enrolment]
token = "{facts['enrolment_token']}"
[endpoint_control]
invalid_certificate_action = "allow"
[state]
directory = "{directory / 'agent'}"
""")
    return server, heartbeat


def main():
    app, server_program, directory, rounds = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
    reference = sys.argv[5:]
    # A panel that has just started takes its time with the first icon.
    wait_for("the tray of the panel", 20, lambda: BUS.call_sync(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
        GLib.Variant("(s)", (WATCHER[0],)), None, Gio.DBusCallFlags.NONE, 5000, None).unpack()[0])
    server, heartbeat = start_server(server_program, directory)
    try:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(measure([app, "--hidden", "--configuration", str(directory / "agent.toml")],
                                directory / "app.log", with_window(app, directory / "server.log")))
            theirs.append(measure(reference, directory / "reference.log"))
        # So seldom that none comes within the minute.
        heartbeat(3600)
        *_, woken = measure([app, "--hidden", "--configuration", str(directory / "agent.toml")],
                            directory / "app.log", lambda process, _: (in_a_minute(process),))
    finally:
        server.terminate()
        server.wait(15)
    name = pathlib.Path(reference[0]).name
    for what, index, unit, scale in (("exec to tray icon", 0, "ms", 1000), ("idle memory, no window", 1, "MB", 1e-6)):
        our, their = (statistics.median(entry[index] for entry in entries) for entries in (ours, theirs))
        print(f"{what}: ours {our * scale:.0f} {unit}, {name} {their * scale:.0f} {unit}, ratio {our / their:.2f} "
              f"(medians of {rounds})")
    idle, with_one, after, connected = (statistics.median(entry[index] for entry in ours) for index in (1, 2, 3, 4))
    print(f"exec to session with the server: {connected * 1000:.0f} ms (median of {rounds})")
    print(f"memory with the window open: {with_one * 1e-6:.0f} MB; after it was closed: {after * 1e-6:.0f} MB, ratio to "
          f"before {after / idle:.2f} (medians of {rounds})")
    threads = ", ".join(f"{name} {count}" for name, count in sorted(woken.items()))
    print(f"wake-ups in a minute, connected, beside the heartbeat: {sum(woken.values())} ({threads or 'no thread'})")


main()
