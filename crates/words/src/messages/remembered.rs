use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    remembered_window();
    remembered_introduction();
    remembered_none();
    remembered_keychain_not_read(reason: &Text);
    remembered_server();
    remembered_since();
    remembered_why();
    remembered_last_used();
    remembered_never_used();
    remembered_by();
    remembered_by_person();
    remembered_by_announcement();
    remembered_by_profile();
    remembered_by_recovery_file();
    remembered_announced();
    remembered_announced_until(fingerprint: &Text, until: &Text);
    remembered_until();
    remembered_until_changed();
    remembered_until_end();
    remembered_standing();
    remembered_in_use();
    remembered_holds();
    remembered_over();
    remembered_forget();
    remembered_forget_which(server: &ServerAddress);
    remembered_forget_all();
    remembered_forget_all_question(certificates: usize);
    remembered_forget_all_meaning();
    remembered_forget_in_use_meaning(server: &ServerAddress);
    remembered_forget_confirm();
    remembered_forget_cancel();
    remembered_forgotten(server: &ServerAddress);
    remembered_forgotten_count(certificates: usize);
    remembered_nothing_for(server: &ServerAddress);
}
