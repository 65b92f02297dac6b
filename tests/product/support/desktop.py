"""The desktop as a person meets it: windows through AT-SPI, the tray over D-Bus, notifications as their server.

Reads one JSON object per line from standard input and answers each with one line.
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

from services import PROPERTIES, Services  # noqa: E402

BUS = Gio.bus_get_sync(Gio.BusType.SESSION, None)
LIMIT = 5000
NOTIFICATIONS = """
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <property name="Inhibited" type="b" access="read"/>
</interface></node>
"""
TEXT_ROLES = (Atspi.Role.LABEL, Atspi.Role.HEADING, Atspi.Role.PARAGRAPH, Atspi.Role.STATIC,
              Atspi.Role.DESCRIPTION_TERM, Atspi.Role.DESCRIPTION_VALUE, Atspi.Role.LIST_ITEM,
              Atspi.Role.NOTIFICATION)
PRESSED_ROLES = (Atspi.Role.PUSH_BUTTON, Atspi.Role.RADIO_BUTTON)
notified = []
inhibited = False
items = {}


def call(name, path, interface, method, parameters=None, limit=LIMIT):
    return BUS.call_sync(name, path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, limit, None).unpack()


def serve_notifications():
    def handle(_bus, _sender, _path, _interface, method, parameters, invocation):
        if method == "Notify":
            _app, replaces, _icon, title, body, actions, hints, _timeout = parameters.unpack()
            number = replaces or len(notified) + 1
            notified.append({"id": number, "title": title, "body": body, "actions": actions[0::2], "closed": False,
                             "urgency": hints.get("urgency", 1)})
            invocation.return_value(GLib.Variant("(u)", (number,)))
        elif method == "CloseNotification":
            (number,) = parameters.unpack()
            for notification in notified:
                if notification["id"] == number:
                    notification["closed"] = True
            BUS.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications",
                            "NotificationClosed", GLib.Variant("(uu)", (number, 3)))
            invocation.return_value(None)
        elif method == "GetCapabilities":
            invocation.return_value(GLib.Variant("(as)", (["body", "body-markup", "actions"],)))
        else:
            invocation.return_value(GLib.Variant("(ssss)", ("test", "Countersign", "1", "1.2")))

    interface = Gio.DBusNodeInfo.new_for_xml(NOTIFICATIONS).interfaces[0]
    read = lambda *_: GLib.Variant("b", inhibited)  # noqa: E731
    BUS.register_object("/org/freedesktop/Notifications", interface, handle, read, None)
    Gio.bus_own_name_on_connection(BUS, "org.freedesktop.Notifications", Gio.BusNameOwnerFlags.NONE, None, None)


def children(accessible):
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None:
            yield child


def descendants(accessible, depth=0):
    yield accessible
    if depth < 30:
        for child in children(accessible):
            yield from descendants(child, depth + 1)


def windows_of(process):
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    for application in children(desktop):
        try:
            if application.get_process_id() != process:
                continue
        except GLib.Error:
            # An application that is on its way out.
            continue
        application.clear_cache()
        for window in children(application):
            window.clear_cache()
            if window.get_state_set().contains(Atspi.StateType.VISIBLE):
                yield window


def describe(window):
    texts, buttons, choices = [], [], []
    for item in descendants(window):
        role = item.get_role()
        if role == Atspi.Role.PUSH_BUTTON:
            states = item.get_state_set()
            buttons.append({
                "name": item.get_name(),
                "sensitive": states.contains(Atspi.StateType.SENSITIVE),
                "default": states.contains(Atspi.StateType.IS_DEFAULT),
                "focused": states.contains(Atspi.StateType.FOCUSED),
            })
        elif role == Atspi.Role.RADIO_BUTTON:
            states = item.get_state_set()
            choices.append({
                "name": item.get_name(),
                "chosen": states.contains(Atspi.StateType.CHECKED),
                "focused": states.contains(Atspi.StateType.FOCUSED),
            })
        elif role in TEXT_ROLES:
            text = item.get_name()
            if not text and item.get_text_iface() is not None:
                text = Atspi.Text.get_text(item, 0, -1)
            texts.append(text)
    states = window.get_state_set()
    return {
        "name": window.get_name(),
        "role": window.get_role_name(),
        "active": states.contains(Atspi.StateType.ACTIVE),
        "texts": texts,
        "buttons": buttons,
        "choices": choices,
    }


def windows(request):
    return [describe(window) for window in windows_of(request["process"])]


def related(item, kind):
    return [relation.get_target(index).get_name() for relation in item.get_relation_set()
            if relation.get_relation_type() == kind for index in range(relation.get_n_targets())]


def name_of(item):
    name = item.get_name() or next(iter(related(item, Atspi.RelationType.LABELLED_BY)), "")
    if not name and item.get_text_iface() is not None:
        name = Atspi.Text.get_text(item, 0, -1)
    return name


def controls(request):
    return [{"name": name_of(item), "role": item.get_role_name(),
             "label": next(iter(related(item, Atspi.RelationType.LABELLED_BY)), ""),
             "described_by": related(item, Atspi.RelationType.DESCRIBED_BY)}
            for window in windows_of(request["process"]) for item in descendants(window)
            if item is not window and item.get_state_set().contains(Atspi.StateType.FOCUSABLE)]


def press(request):
    for window in windows_of(request["process"]):
        if window.get_role_name() != request["role"]:
            continue
        for item in descendants(window):
            if item.get_role() in PRESSED_ROLES and item.get_name() == request["button"]:
                return bool(item.get_action_iface().do_action(0))
    return False


def tray_item(process):
    if process not in items:
        for item in tray_items(process):
            items[process] = item
    return items.get(process)


def tray_items(process):
    for name in call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")[0]:
        if not name.startswith(":"):
            continue
        try:
            (owner,) = call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                            "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
            if owner != process:
                continue
            # A process has several connections to the bus, and not all of them answer questions.
            (xml,) = call(name, "/org/ayatana/NotificationItem", "org.freedesktop.DBus.Introspectable", "Introspect",
                          limit=1000)
        except GLib.Error:
            continue
        for node in Gio.DBusNodeInfo.new_for_xml(xml).nodes:
            yield name, "/org/ayatana/NotificationItem/" + node.path


def entries(name, path):
    _revision, layout = call(name, path + "/Menu", "com.canonical.dbusmenu", "GetLayout",
                             GLib.Variant("(iias)", (0, -1, [])))
    for child in layout[2]:
        number, properties, _children = child
        if properties.get("type") != "separator":
            label = properties.get("label", "").replace("__", "\0").replace("_", "").replace("\0", "_")
            yield {"id": number, "label": label, "enabled": properties.get("enabled", True)}


def get_property(name, path, interface, key):
    return call(name, path, PROPERTIES, "Get", GLib.Variant("(ss)", (interface, key)))[0]


def in_a_panel(name, path):
    watcher = "org.kde.StatusNotifierWatcher"
    try:
        known = get_property(watcher, "/StatusNotifierWatcher", watcher, "RegisteredStatusNotifierItems")
    except GLib.Error:
        return False
    return name + path in known


def tray(request):
    item = tray_item(request["process"])
    if item is None:
        return None
    name, path = item
    interface = "org.kde.StatusNotifierItem"
    return {"icon": get_property(name, path, interface, "IconName"),
            "title": get_property(name, path, interface, "Title"),
            "in_a_panel": in_a_panel(name, path), "entries": list(entries(name, path))}


def choose(request):
    name, path = tray_item(request["process"])
    for entry in entries(name, path):
        if entry["label"] == request["entry"]:
            call(name, path + "/Menu", "com.canonical.dbusmenu", "Event",
                 GLib.Variant("(isvu)", (entry["id"], "clicked", GLib.Variant("s", ""), 0)))
            return True
    return False


def act(request):
    BUS.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked",
                    GLib.Variant("(us)", (request["id"], request["action"])))
    return True


def inhibit(request):
    global inhibited
    inhibited = request["on"]
    BUS.emit_signal(None, "/org/freedesktop/Notifications", PROPERTIES, "PropertiesChanged",
                    GLib.Variant("(sa{sv}as)", ("org.freedesktop.Notifications",
                                                {"Inhibited": GLib.Variant("b", inhibited)}, [])))
    return True


COMMANDS = {
    "condition": Services(BUS).set_condition,
    "inhibit": inhibit,
    "windows": windows,
    "controls": controls,
    "press": press,
    "tray": tray,
    "choose": choose,
    "act": act,
    "notifications": lambda _request: notified,
}


def answer(source, condition):
    line = sys.stdin.readline()
    if not line:
        LOOP.quit()
        return False
    request = json.loads(line)
    try:
        result = {"result": COMMANDS[request["command"]](request)}
    except (GLib.Error, TypeError, AttributeError) as error:
        # Windows come and go while they are looked at; the test asks again.
        result = {"error": str(error)}
    print(json.dumps(result), flush=True)
    return True


Atspi.init()
serve_notifications()
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, answer)
print(json.dumps({"result": "ready"}), flush=True)
LOOP = GLib.MainLoop()
LOOP.run()
