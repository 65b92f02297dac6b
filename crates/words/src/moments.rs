//! Dates and times in the manner of a language.

use time::{OffsetDateTime, UtcOffset};

use crate::{Text, Words};

impl Words {
    /// Date and time in UTC, which it says: “24 November 2026, 09:30 UTC”.
    #[must_use]
    pub fn moment(&self, moment: OffsetDateTime) -> Text {
        let moment = moment.to_offset(UtcOffset::UTC);
        self.date_and_time_in_utc(&self.day(moment), &clock(moment))
    }

    /// Date and time on the clock of the desktop: “24 November 2026, 10:30”.
    #[must_use]
    pub fn local_moment(&self, moment: OffsetDateTime, offset: UtcOffset) -> Text {
        let moment = moment.to_offset(offset);
        self.date_and_time(&self.day(moment), &clock(moment))
    }

    fn day(&self, moment: OffsetDateTime) -> Text {
        let date = moment.date();
        // Text, so that no language groups the digits of a year.
        self.date(
            &date.day().to_string(),
            &self.month(u32::from(u8::from(date.month()))),
            &date.year().to_string(),
        )
    }
}

fn clock(moment: OffsetDateTime) -> String {
    format!("{:02}:{:02}", moment.hour(), moment.minute())
}

#[cfg(test)]
mod tests {
    use time::macros::{datetime, offset};

    use super::*;

    #[test]
    fn moments_are_written_by_language() {
        let moment = datetime!(2026-03-04 05:06:59 +1);
        for (words, expected, local) in [
            (Words::english(), "4 March 2026, 04:06 UTC", "4 March 2026, 09:36"),
            (Words::german(), "4. März 2026, 04:06 UTC", "4. März 2026, 09:36"),
        ] {
            assert_eq!(words.moment(moment), expected);
            assert_eq!(words.local_moment(moment, offset!(+5:30)), local);
        }
    }

    #[test]
    fn every_month_has_a_name_of_its_own() {
        for words in [Words::english(), Words::german()] {
            let names: std::collections::BTreeSet<Text> = (1..=12).map(|month| words.month(month)).collect();
            assert_eq!(names.len(), 12);
        }
    }
}
