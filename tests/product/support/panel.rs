//! A panel that shows tray icons.

use std::process::Stdio;

use super::desktop::Desktop;
use super::process::Process;
use super::wait_for;

/// Nothing but the tray.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray"/></property>
</channel>
"#;

pub(crate) struct Panel {
    panel: Process,
    _settings: Process,
}

impl Panel {
    pub(crate) fn start(desktop: &Desktop) -> Self {
        let directory = desktop.home().join("config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("xfce4-panel.xml"), SETTINGS).expect("the panel's settings");
        // Not started by the bus, which it would outlive.
        let mut command = desktop.command(settings_service());
        command.stdin(Stdio::null()).stdout(desktop.log("xfconf")).stderr(desktop.log("xfconf"));
        let settings = Process::start(&mut command);
        wait_for("the service of the panel's settings", || desktop.answers("org.xfce.Xfconf").then_some(()));
        let mut command = desktop.command("xfce4-panel");
        command.arg("--disable-wm-check").stdin(Stdio::null());
        command.stdout(desktop.log("panel")).stderr(desktop.log("panel"));
        Self { panel: Process::start(&mut command), _settings: settings }
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(self) {
        self.panel.kill();
    }
}

/// Where it is differs from one kind of computer to the next.
fn settings_service() -> String {
    let service = std::fs::read_to_string("/usr/share/dbus-1/services/org.xfce.Xfconf.service");
    let text = service.expect("xfconf is installed");
    text.lines().find_map(|line| line.strip_prefix("Exec=")).expect("a program").to_owned()
}
