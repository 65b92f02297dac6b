//! A panel that shows tray icons.

use std::process::Stdio;

use super::desktop::Desktop;
use super::process::Process;

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

pub(crate) struct Panel(Process);

impl Panel {
    pub(crate) fn start(desktop: &Desktop) -> Self {
        let settings = desktop.home().join("config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&settings).expect("a directory");
        std::fs::write(settings.join("xfce4-panel.xml"), SETTINGS).expect("the panel's settings");
        desktop.offer_service("org.xfce.Xfconf");
        let mut command = desktop.command("xfce4-panel");
        command.arg("--disable-wm-check").stdin(Stdio::null());
        command.stdout(desktop.log("panel")).stderr(desktop.log("panel"));
        Self(Process::start(&mut command))
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(self) {
        self.0.kill();
    }
}
