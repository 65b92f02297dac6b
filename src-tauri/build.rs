//! Generates what Tauri embeds: configuration, user interface files and the permissions of the windows.

/// The commands that a window may call, each with a permission of its own (`allow-…`).
const COMMANDS: &[&str] = &["page_text", "request", "entered_server", "examine"];

fn main() {
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}
