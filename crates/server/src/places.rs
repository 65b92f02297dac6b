//! The places for connections. Nobody can keep others out by opening connections and saying nothing: when all places
//! are taken, whoever has the most loses the oldest of them to the newcomer.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The bits of an IPv6 address that one site is given as a whole.
const SITE: u128 = !0 << 64;

/// All places.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    count: usize,
    by_origin: HashMap<IpAddr, VecDeque<Holder>>,
}

#[derive(Debug)]
struct Holder {
    number: u64,
    lost: CancellationToken,
}

/// A place. It is free again once this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    origin: IpAddr,
    number: u64,
    lost: CancellationToken,
}

impl Places {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes a place, that of another connection if need be.
    pub(crate) fn take(self: &Arc<Self>, peer: IpAddr) -> Place {
        let origin = origin(peer);
        let lost = CancellationToken::new();
        let mut taken = self.taken();
        if taken.count >= self.most {
            taken.free_one();
        }
        let number = taken.next;
        taken.next += 1;
        taken.count += 1;
        taken.by_origin.entry(origin).or_default().push_back(Holder { number, lost: lost.clone() });
        Place { places: Arc::clone(self), origin, number, lost }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn free_one(&mut self) {
        let most = self.by_origin.iter().max_by_key(|(_, holders)| holders.len());
        let Some(origin) = most.map(|(origin, _)| *origin) else { return };
        if let Some(number) =
            self.by_origin.get(&origin).and_then(VecDeque::front).map(|holder| holder.number)
        {
            self.remove(origin, number);
        }
    }

    fn remove(&mut self, origin: IpAddr, number: u64) {
        let Some(holders) = self.by_origin.get_mut(&origin) else { return };
        // They are in the order of their numbers.
        if let Ok(index) = holders.binary_search_by_key(&number, |holder| holder.number)
            && let Some(holder) = holders.remove(index)
        {
            holder.lost.cancel();
            self.count -= 1;
        }
        if holders.is_empty() {
            self.by_origin.remove(&origin);
        }
    }
}

impl Place {
    /// Waits until the place is given to another connection.
    pub(crate) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().remove(self.origin, self.number);
    }
}

/// Whoever has an address: with IPv6, a whole network of them.
pub(crate) fn origin(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & SITE).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str) -> IpAddr {
        peer.parse().unwrap()
    }

    fn is_lost(place: &Place) -> bool {
        place.lost.is_cancelled()
    }

    #[test]
    fn whoever_has_the_most_loses_the_oldest() {
        let places = Places::new(4);
        let many: Vec<_> = (0..4).map(|_| places.take(from("192.0.2.1"))).collect();
        assert!(!many.iter().any(is_lost));
        let other = places.take(from("192.0.2.2"));
        assert_eq!(many.iter().map(is_lost).collect::<Vec<_>>(), [true, false, false, false]);
        let more = places.take(from("192.0.2.1"));
        assert_eq!(many.iter().map(is_lost).collect::<Vec<_>>(), [true, true, false, false]);
        assert!(!is_lost(&other) && !is_lost(&more));

        drop((many, other));
        assert_eq!(places.taken().count, 1);
        let three: Vec<_> = (0..3).map(|_| places.take(from("192.0.2.1"))).collect();
        assert!(!is_lost(&more) && !three.iter().any(is_lost));
        drop((more, three));
        assert!(places.taken().count == 0 && places.taken().by_origin.is_empty());
    }

    #[test]
    fn a_network_counts_as_one() {
        for (one, other, same) in [
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            assert_eq!(origin(from(one)) == origin(from(other)), same, "{one} {other}");
        }
    }
}
