//! Values against replays (RFC 8555, section 6.5) that an authority gives out and then refuses.

use std::sync::Arc;

use countersign_server::SystemClock;

use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn values_against_replays_that_the_authority_refuses_are_no_failure() {
    // The authority writes down what is asked of it, and what it then does: whatever leads to nothing, it refuses.
    const ASKED: &str = "POST /order-plz -> calling handler()";
    const DONE: &str = "Added order ";
    let site = Site::start_with(|options| options.refused_nonces = 60, Arc::new(SystemClock)).await;
    let mut orders = 0;
    // That none of many is refused is as good as impossible.
    while orders < 2 || site.pebble.logged(ASKED) == site.pebble.logged(DONE) {
        assert!(orders < 20, "the authority refuses nothing");
        let challenge = ["http-01", "tls-alpn-01"][orders % 2];
        site.issued(&site.wish(challenge)).await;
        orders += 1;
        assert!(site.pebble.logged(DONE) >= orders);
    }
    site.server.stop().await;
}
