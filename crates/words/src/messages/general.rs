//! Names and lists in sentences, dates, titles.

use crate::Text;

messages! {
    date(day: &str, month: &Text, year: &str);
    date_and_time(date: &Text, time: &str);
    date_and_time_in_utc(date: &Text, time: &str);
    month(number: u32);
    quotation(name: &Text);
    somebody_without_name();
    no_name();
    list_of_none();
    list_with_next(row: &Text, item: &Text);
    list_with_last(row: &Text, item: &Text);
    list_with_more(row: &Text, more: usize);
    window_title(subject: &Text);
}
