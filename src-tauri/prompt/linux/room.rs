//! How high the scrolling areas of a dialog become: as high as their content, as far as the screen has room.

use gtk::prelude::*;

use super::widgets::Scrolled;

/// Less than this shows nothing to read, in pixels.
const LEAST: i32 = 60;
/// What the desktop draws around a window, in pixels.
const FRAME: i32 = 48;

/// Gives the areas of a dialog that is ready to be shown their heights, so that it is at most `usable` pixels high. What
/// does not scroll keeps its height, the buttons above all.
///
/// GTK asks a viewport for its height without saying for which width. The answer fits text that breaks its lines elsewhere,
/// so the content itself is asked here.
pub(super) fn share(dialog: &gtk::Dialog, areas: &[Scrolled], usable: i32) {
    let column = dialog.content_area();
    // What is hidden has no height.
    column.show_all();
    for scrolled in areas {
        set_height(scrolled, LEAST);
    }
    let (_, width) = dialog.preferred_width();
    let (_, height) = dialog.preferred_height_for_width(width);
    let spared: i32 = areas.iter().map(|_| LEAST).sum();
    let room = usable - FRAME - height + spared;
    let (_, width) = column.preferred_width();
    let width = width - 2 * i32::try_from(column.border_width()).unwrap_or_default();
    let needs: Vec<i32> =
        areas.iter().map(|scrolled| scrolled.content.preferred_height_for_width(width).1).collect();
    for (scrolled, height) in areas.iter().zip(shares(room, &needs)) {
        set_height(scrolled, height);
    }
}

fn set_height(scrolled: &Scrolled, height: i32) {
    // The least must never be above the most.
    scrolled.area.set_min_content_height(-1);
    scrolled.area.set_max_content_height(height);
    scrolled.area.set_min_content_height(height);
}

/// To each what it needs; where that is too much, those that need the most get equally much.
fn shares(room: i32, needs: &[i32]) -> Vec<i32> {
    let mut sorted: Vec<(usize, i32)> = needs.iter().copied().enumerate().collect();
    sorted.sort_by_key(|(_, need)| *need);
    let mut room = room;
    let mut shares = vec![0; needs.len()];
    let waiting = (1..).take(sorted.len()).collect::<Vec<i32>>().into_iter().rev();
    for ((place, need), waiting) in sorted.into_iter().zip(waiting) {
        let share = need.min((room / waiting).max(LEAST));
        room -= share;
        shares[place] = share;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_shared_by_need() {
        for (room, needs, expected) in [
            (400, vec![300], vec![300]),
            (200, vec![300], vec![200]),
            (400, vec![300, 100], vec![300, 100]),
            (300, vec![300, 100], vec![200, 100]),
            (300, vec![100, 300], vec![100, 200]),
            (300, vec![400, 200], vec![150, 150]),
            (0, vec![400, 20], vec![LEAST, 20]),
            (-500, vec![400], vec![LEAST]),
            (400, vec![], vec![]),
        ] {
            assert_eq!(shares(room, &needs), expected, "{room} {needs:?}");
        }
    }
}
