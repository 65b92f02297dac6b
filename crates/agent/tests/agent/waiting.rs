//! How long the agent waits between attempts.

use std::time::Duration;

use countersign_agent::Answer;
use countersign_trust::RememberFor;

use crate::support::{Surroundings, is_backing_off};

#[tokio::test(flavor = "multi_thread")]
async fn pauses_grow_and_are_not_the_same_for_all() {
    let mut pauses = Vec::new();
    for _ in 0..2 {
        let around = Surroundings::start().await;
        around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
        // Every session breaks at once.
        around.status(is_backing_off).await;
        let mut own = Vec::new();
        for attempt in 0..12_u32 {
            let pause = around.clock.pause_begun().await;
            let limit = Duration::from_secs(2_u64.pow(attempt).min(300));
            assert!(pause <= limit.max(Duration::from_millis(200)), "{pause:?} at attempt {attempt}");
            own.push(pause);
            around.one_look().await;
        }
        pauses.push(own);
    }
    let longest = pauses.iter().flatten().max().unwrap();
    assert!(*longest > Duration::from_secs(32), "{pauses:?}");
    assert_ne!(pauses[0], pauses[1], "two agents come back at different times");
}
