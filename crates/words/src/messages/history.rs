use crate::Text;

messages! {
    history_window();
    history_none();
    history_connected();
    history_connected_remembered();
    history_connected_identified();
    history_connected_unverified();
    history_connected_announced();
    history_recovered();
    history_disconnected();
    history_asked();
    history_refused();
    history_not_connected();
    history_times(times: u32, last: &Text);
    history_certificate(fingerprint: &Text);
}
