//! The tray icon and its menu.

pub mod host;
pub mod menu;
pub mod panel;
pub mod symbol;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tauri::image::Image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry};

use menu::{Choice, Entry, Line};
use panel::PanelShade;
use symbol::Symbol;

/// The identifier of the tray icon. On Linux it is part of the object path of the icon on the session bus.
pub const TRAY_IDENTIFIER: &str = "countersign";

/// The tray icon. Everything is changed in place, and only when it differs from what is shown.
pub struct Tray {
    icon: TrayIcon,
    items: Vec<(Entry, MenuItem<Wry>)>,
    directory: PathBuf,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    lines: Vec<Line>,
    picture: Option<(Symbol, PanelShade)>,
}

impl Tray {
    /// Puts the icon into the tray. `directory` is where Linux keeps the picture, in a subdirectory that is named like
    /// the symbol; only its owner may read it. `chosen` is called on the main thread.
    pub fn new(
        app: &AppHandle,
        directory: &Path,
        lines: &[Line],
        picture: (Symbol, PanelShade),
        chosen: impl Fn(&AppHandle, Entry) + Send + Sync + 'static,
    ) -> tauri::Result<Self> {
        let menu = Menu::new(app)?;
        let mut items = Vec::new();
        for line in lines {
            if line.entry.begins_group() {
                menu.append(&PredefinedMenuItem::separator(app)?)?;
            }
            let item = MenuItem::with_id(
                app,
                line.entry.identifier(),
                as_label(&line.text),
                line.choice == Choice::Possible,
                None::<&str>,
            )?;
            menu.append(&item as &dyn IsMenuItem<Wry>)?;
            items.push((line.entry, item));
        }
        let icon = TrayIconBuilder::with_id(TRAY_IDENTIFIER)
            .temp_dir_path(directory.join(picture.0.name()))
            .icon(Image::from_bytes(picture.0.png(picture.1))?)
            .tooltip("Countersign")
            .menu(&menu)
            .on_menu_event(move |app, event| {
                if let Some(entry) = Entry::from_identifier(event.id().as_ref()) {
                    chosen(app, entry);
                }
            })
            .build(app)?;
        Ok(Self {
            icon,
            items,
            directory: directory.to_path_buf(),
            shown: Mutex::new(Shown { lines: lines.to_vec(), picture: Some(picture) }),
        })
    }

    /// Shows another menu and another picture.
    pub fn update(&self, lines: Vec<Line>, picture: (Symbol, PanelShade)) -> tauri::Result<()> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.picture != Some(picture) {
            self.icon.set_temp_dir_path(Some(self.directory.join(picture.0.name())))?;
            self.icon.set_icon(Some(Image::from_bytes(picture.0.png(picture.1))?))?;
            shown.picture = Some(picture);
        }
        for line in &lines {
            if shown.lines.contains(line) {
                continue;
            }
            if let Some((_, item)) = self.items.iter().find(|(entry, _)| *entry == line.entry) {
                item.set_text(as_label(&line.text))?;
                item.set_enabled(line.choice == Choice::Possible)?;
            }
        }
        shown.lines = lines;
        Ok(())
    }
}

impl Tray {
    /// Takes the icon out of the tray.
    pub fn hide(&self) {
        if let Err(error) = self.icon.set_visible(false) {
            tracing::debug!(%error, "the tray icon cannot be hidden");
        }
    }
}

/// Menus take `&` as the mark of a shortcut, and `&&` for itself.
fn as_label(text: &str) -> String {
    text.replace('&', "&&").replace('\0', " ")
}

#[cfg(test)]
mod tests;
