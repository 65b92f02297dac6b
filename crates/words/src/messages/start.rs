use crate::Text;

messages! {
    start_failed();
    start_no_display();
    start_no_configuration(file: &str);
    start_wrong_configuration(detail: &Text);
    start_wrong_state(detail: &Text);
    start_no_windows(detail: &Text);
    start_runs_already();
}
