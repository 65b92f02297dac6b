### The menu of the tray icon.

tray_server = Server: { $server }
tray_no_server = No server is set up
tray_last_contact = Last contact: { $moment }
tray_no_contact = No contact yet
tray_connect = Connect
tray_disconnect = Disconnect
tray_review = Review certificate…
tray_open = Open Countersign
tray_about = About Countersign
tray_quit = Quit

# An entry was chosen that is no longer on offer.
action_not_possible = This is not possible any more: the state has changed in the meantime.
