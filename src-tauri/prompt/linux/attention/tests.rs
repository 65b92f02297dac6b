//! The decision, without a desktop.

use super::Interruptible::{Later, Now};
use super::Reason::{Asleep, DoNotDisturb, FullScreen, Locked, OtherSession, ScreenSaver};
use super::Said::{Free, Hindered, Pending};
use super::{Board, Initiative, Patience, Person, judge};

fn board(said: &[super::Said]) -> Board {
    let mut board = [Free; 6];
    board[..said.len()].copy_from_slice(said);
    board
}

#[test]
fn what_stands_in_the_way_decides() {
    for (said, by_itself, on_request) in [
        (board(&[]), Now, Now),
        (board(&[Hindered(Locked)]), Later(Locked), Later(Locked)),
        (board(&[Hindered(Asleep)]), Later(Asleep), Later(Asleep)),
        (board(&[Hindered(OtherSession)]), Later(OtherSession), Later(OtherSession)),
        (board(&[Hindered(ScreenSaver)]), Later(ScreenSaver), Later(ScreenSaver)),
        (board(&[Hindered(FullScreen)]), Later(FullScreen), Now),
        (board(&[Hindered(DoNotDisturb)]), Later(DoNotDisturb), Now),
        // The one that lasts longest, or matters most, is named.
        (board(&[Hindered(DoNotDisturb), Hindered(FullScreen)]), Later(FullScreen), Now),
        (board(&[Hindered(FullScreen), Hindered(Locked)]), Later(Locked), Later(Locked)),
    ] {
        for patience in [Patience::Left, Patience::Over] {
            assert_eq!(judge(said, Initiative::Ours, patience), Some(by_itself), "{said:?}");
            assert_eq!(judge(said, Initiative::Persons, patience), Some(on_request), "{said:?}");
        }
    }
}

#[test]
fn a_silent_source_is_waited_for_and_then_passed_over() {
    let silent = board(&[Pending]);
    assert_eq!(judge(silent, Initiative::Ours, Patience::Left), None);
    assert_eq!(judge(silent, Initiative::Ours, Patience::Over), Some(Now));
    // What another says is enough to wait.
    let hindered = board(&[Pending, Hindered(DoNotDisturb)]);
    assert_eq!(judge(hindered, Initiative::Ours, Patience::Left), Some(Later(DoNotDisturb)));
    assert_eq!(judge(hindered, Initiative::Persons, Patience::Left), None);
    assert_eq!(judge(hindered, Initiative::Persons, Patience::Over), Some(Now));
}

#[test]
fn an_open_dialog_goes_only_when_nobody_sees_it() {
    for (reason, person) in [
        (Locked, Person::Away),
        (Asleep, Person::Away),
        (OtherSession, Person::Away),
        (ScreenSaver, Person::Away),
        (FullScreen, Person::Busy),
        (DoNotDisturb, Person::Busy),
    ] {
        assert_eq!(reason.person(), person, "{reason:?}");
    }
}
