use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    tray_server(server: &ServerAddress);
    tray_no_server();
    tray_last_contact(moment: &Text);
    tray_no_contact();
    tray_connect();
    tray_disconnect();
    tray_review();
    tray_open();
    tray_about();
    tray_quit();
    action_not_possible();
}
