### What sentences are made of.

# $day, $month and $year are text.
date = { $day } { $month } { $year }
date_and_time = { $date }, { $time }
date_and_time_in_utc = { $date }, { $time } UTC
month =
    { $number ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }

quotation = “{ $name }”
# In a sentence.
somebody_without_name = somebody without a name
# On its own.
no_name = (no name)
list_of_none = nothing
list_with_next = { $row }, { $item }
list_with_last = { $row } and { $item }
list_with_more = { $row } and { $more } more

# The title of every window: what it is about, and the program.
window_title = { $subject } – Countersign
