"""Services that a desktop has and a test plays: the session's logind, screen savers, what keeps do-not-disturb.

Each condition of the person's attention is a name here; `set_condition` begins and ends it the way the real service does.
"""

import os

from gi.repository import Gio, GLib

LOGIND = "org.freedesktop.login1"
MANAGER_PATH = "/org/freedesktop/login1"
SESSION_PATH = "/org/freedesktop/login1/session/_31"
PROPERTIES = "org.freedesktop.DBus.Properties"

NODES = """
<node>
  <interface name="org.freedesktop.login1.Manager">
    <method name="GetSession"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
    <property name="PreparingForSleep" type="b" access="read"/>
    <property name="PreparingForShutdown" type="b" access="read"/>
    <signal name="PrepareForSleep"><arg type="b"/></signal>
    <signal name="PrepareForShutdown"><arg type="b"/></signal>
  </interface>
  <interface name="org.freedesktop.login1.Session">
    <property name="LockedHint" type="b" access="read"/>
    <property name="Active" type="b" access="read"/>
  </interface>
  <interface name="org.gnome.SessionManager">
    <method name="RegisterClient">
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/>
    </method>
  </interface>
  <interface name="org.gnome.SessionManager.ClientPrivate">
    <method name="EndSessionResponse"><arg type="b" direction="in"/><arg type="s" direction="in"/></method>
    <signal name="QueryEndSession"><arg type="u"/></signal>
    <signal name="EndSession"><arg type="u"/></signal>
  </interface>
  <interface name="org.freedesktop.ScreenSaver">
    <method name="GetActive"><arg type="b" direction="out"/></method>
    <signal name="ActiveChanged"><arg type="b"/></signal>
  </interface>
  <interface name="org.gnome.ScreenSaver">
    <method name="GetActive"><arg type="b" direction="out"/></method>
    <signal name="ActiveChanged"><arg type="b"/></signal>
  </interface>
  <interface name="org.xfce.Xfconf">
    <method name="GetProperty">
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/>
    </method>
    <signal name="PropertyChanged"><arg type="s"/><arg type="s"/><arg type="v"/></signal>
  </interface>
  <interface name="org.freedesktop.portal.Settings">
    <method name="Read">
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/>
    </method>
    <signal name="SettingChanged"><arg type="s"/><arg type="s"/><arg type="v"/></signal>
  </interface>
  <interface name="org.dunstproject.cmd0">
    <property name="paused" type="b" access="readwrite"/>
  </interface>
</node>
"""


class Service:
    """One object with one interface. Its values are properties, or what its methods return."""

    def __init__(self, bus, name, path, interface, values, methods=None):
        self.bus, self.path, self.interface, self.values = bus, path, interface, values
        self.methods = methods or {}
        info = Gio.DBusNodeInfo.new_for_xml(NODES).lookup_interface(interface)
        bus.register_object(path, info, self.called, self.read, None)
        if name is not None:
            Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, None, None)

    def called(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        invocation.return_value(self.methods[method](*parameters.unpack()))

    def read(self, _bus, _sender, _path, _interface, name):
        return GLib.Variant("b", self.values[name])

    def change(self, name, value):
        self.values[name] = value
        self.bus.emit_signal(None, self.path, PROPERTIES, "PropertiesChanged",
                             GLib.Variant("(sa{sv}as)", (self.interface, {name: GLib.Variant("b", value)}, [])))

    def signal(self, name, signature, *values):
        self.bus.emit_signal(None, self.path, self.interface, name, GLib.Variant(signature, values))


class Services:
    """All of them, each started when a test first needs it."""

    def __init__(self, session_bus):
        self.session_bus = session_bus
        self.started = {}

    def get(self, name):
        if name not in self.started:
            self.started[name] = getattr(self, "start_" + name)()
        return self.started[name]

    def start_system_bus(self):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        return Gio.DBusConnection.new_for_address_sync(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], flags, None, None)

    def start_session(self):
        return Service(self.get("system_bus"), None, SESSION_PATH, LOGIND + ".Session",
                       {"LockedHint": False, "Active": True})

    def start_manager(self):
        self.get("session")
        answer = {"GetSession": lambda name: GLib.Variant("(o)", (SESSION_PATH,))}
        return Service(self.get("system_bus"), LOGIND, MANAGER_PATH, LOGIND + ".Manager",
                       {"PreparingForSleep": False, "PreparingForShutdown": False}, answer)

    def start_screen_saver(self, name="org.freedesktop.ScreenSaver"):
        active = {"Active": False}
        answer = {"GetActive": lambda: GLib.Variant("(b)", (active["Active"],))}
        return Service(self.session_bus, name, "/" + name.replace(".", "/"), name, active, answer)

    def start_gnome_screen_saver(self):
        return self.start_screen_saver("org.gnome.ScreenSaver")

    def start_session_client(self):
        answer = {"EndSessionResponse": lambda _may_end, _reason: None}
        return Service(self.session_bus, None, "/org/gnome/SessionManager/Client1",
                       "org.gnome.SessionManager.ClientPrivate", {}, answer)

    def start_session_manager(self):
        client = self.get("session_client")
        answer = {"RegisterClient": lambda _name, _startup: GLib.Variant("(o)", (client.path,))}
        name = "org.gnome.SessionManager"
        return Service(self.session_bus, name, "/org/gnome/SessionManager", name, {}, answer)

    def start_xfconf(self):
        values = {"/do-not-disturb": False}
        answer = {"GetProperty": lambda _channel, name: GLib.Variant("(v)", (GLib.Variant("b", values[name]),))}
        return Service(self.session_bus, "org.xfce.Xfconf", "/org/xfce/Xfconf", "org.xfce.Xfconf", values, answer)

    def start_portal(self):
        values = {"color-scheme": 0, "contrast": 0}

        def read(_namespace, key):
            return GLib.Variant("(v)", (GLib.Variant("v", GLib.Variant("u", values[key])),))

        return Service(self.session_bus, "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop",
                       "org.freedesktop.portal.Settings", values, {"Read": read})

    def start_dunst(self):
        return Service(self.session_bus, None, "/org/freedesktop/Notifications", "org.dunstproject.cmd0",
                       {"paused": False})

    def set_condition(self, request):
        getattr(self, request["condition"])(request["on"])
        return True

    def dark(self, on):
        portal = self.get("portal")
        portal.values["color-scheme"] = 1 if on else 2
        portal.signal("SettingChanged", "(ssv)", "org.freedesktop.appearance", "color-scheme",
                      GLib.Variant("u", portal.values["color-scheme"]))

    def logind(self, _on):
        self.get("manager")

    def locked(self, on):
        self.get("manager")
        self.get("session").change("LockedHint", on)

    def other_session(self, on):
        self.get("manager")
        self.get("session").change("Active", not on)

    def asleep(self, on):
        manager = self.get("manager")
        manager.values["PreparingForSleep"] = on
        manager.signal("PrepareForSleep", "(b)", on)

    def shutting_down(self, on):
        manager = self.get("manager")
        manager.values["PreparingForShutdown"] = on
        manager.signal("PrepareForShutdown", "(b)", on)

    def session_manager(self, _on):
        self.get("session_manager")

    def session_ending(self, _on):
        client = self.get("session_client")
        client.signal("QueryEndSession", "(u)", 0)
        client.signal("EndSession", "(u)", 0)

    def screen_saver(self, on, service="screen_saver"):
        saver = self.get(service)
        saver.values["Active"] = on
        saver.signal("ActiveChanged", "(b)", on)

    def gnome_screen_saver(self, on):
        self.screen_saver(on, "gnome_screen_saver")

    def xfce_do_not_disturb(self, on):
        xfconf = self.get("xfconf")
        xfconf.values["/do-not-disturb"] = on
        xfconf.signal("PropertyChanged", "(ssv)", "xfce4-notifyd", "/do-not-disturb", GLib.Variant("b", on))

    def dunst_paused(self, on):
        self.get("dunst").change("paused", on)
