use countersign_trust::ServerAddress;

messages! {
    server_choice_window();
    server_choice_address();
    server_choice_port();
    server_choice_connect();
    server_choice_cancel();
    server_choice_meaning();
    server_choice_pinned(server: &ServerAddress);
    server_choice_empty();
    server_choice_url(text: &str);
    server_choice_invalid_name(text: &str);
    server_choice_invalid_port(text: &str);
}
