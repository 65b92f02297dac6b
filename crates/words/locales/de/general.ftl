### Woraus Sätze bestehen.

# $day, $month und $year sind Text.
date = { $day }. { $month } { $year }
date_and_time = { $date }, { $time }
date_and_time_in_utc = { $date }, { $time } UTC
month =
    { $number ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    }

quotation = „{ $name }“
# In einem Satz.
somebody_without_name = (ohne Namen)
# Für sich allein.
no_name = (kein Name)
list_of_none = nichts
list_with_next = { $row }, { $item }
list_with_last = { $row } und { $item }
list_with_more =
    { $row } und { $more } { $more ->
        [one] weiteres
       *[other] weitere
    }

# Der Titel jedes Fensters: worum es geht, und das Programm.
window_title = { $subject } – Countersign
