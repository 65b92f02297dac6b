### Why the app does not run: shown as a notification when nobody sees what is printed.

start_failed = Countersign could not start
start_no_display = There is no display to show the tray icon on. Start Countersign within a graphical session, so that DISPLAY or WAYLAND_DISPLAY is set and reachable, or with “countersign run --headless”.
start_no_configuration = There is no configuration file { $file }. Check the path after --configuration.
start_wrong_configuration = A configuration file is wrong. { $detail }
start_wrong_state = What the agent keeps on this computer cannot be used. { $detail }
start_no_windows = The windows, the tray icon or the agent could not be set up: { $detail }
start_runs_already = Countersign runs already.
