//! Follows the frames of a WebSocket (RFC 6455, section 5.2) from outside, so that it is known when no message has begun.

/// The longest head of a frame: two bytes, a length of eight, a mask of four.
const LONGEST_HEAD: usize = 14;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const CONTROL: u8 = 0x08;

/// Where in the frames the bytes end that have come so far.
#[derive(Debug, Default)]
pub(super) struct FrameFollower {
    head: [u8; LONGEST_HEAD],
    /// Bytes of a head that has begun.
    in_head: u8,
    /// Bytes of the content that have not come yet.
    left: u64,
    /// The content of the latest frame.
    length: u64,
    /// A message has begun and its last frame has not.
    in_message: bool,
}

impl FrameFollower {
    /// Goes on with bytes that have come.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        loop {
            let content = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            self.left -= content as u64;
            bytes = &bytes[content..];
            let Some((byte, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.head[usize::from(self.in_head)] = *byte;
            self.in_head += 1;
            if let Some(length) = self.complete() {
                let kind = self.head[0];
                if kind & CONTROL == 0 {
                    self.in_message = kind & FINAL == 0;
                }
                (self.length, self.left, self.in_head) = (length, length, 0);
            }
        }
    }

    /// The length that the head says, once all of the head has come.
    fn complete(&self) -> Option<u64> {
        if self.in_head < 2 {
            return None;
        }
        let second = self.head[1];
        let (bytes, short) = match second & !MASKED {
            126 => (2, 0),
            127 => (8, 0),
            short => (0, u64::from(short)),
        };
        let mask = if second & MASKED == 0 { 0 } else { 4 };
        if usize::from(self.in_head) < 2 + bytes + mask {
            return None;
        }
        let long = self.head[2..2 + bytes].iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        Some(short + long)
    }

    /// Whether all that has come are whole messages.
    pub(super) fn is_between_messages(&self) -> bool {
        self.in_head == 0 && self.left == 0 && !self.in_message
    }

    /// The length of the latest frame.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_within_a_message_is_known() {
        let frame = |head: &[u8], content: usize| [head, &vec![0xff; content]].concat();
        let empty: &[Vec<u8>] = &[frame(&[0x82, 0], 0)];
        let cases: &[(&str, &[Vec<u8>])] = &[
            ("empty", empty),
            ("short and masked", &[frame(&[0x82, 0x80 | 5, 1, 2, 3, 4], 5)]),
            ("two bytes of length", &[frame(&[0x82, 0x80 | 0x7e, 1, 44, 1, 2, 3, 4], 300)]),
            ("eight bytes of length", &[frame(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70], 70_000)]),
            (
                "in parts, with a ping between them",
                &[[frame(&[0x02, 3], 3), frame(&[0x89, 1], 1), frame(&[0x00, 2], 2), frame(&[0x80, 2], 2)]
                    .concat()],
            ),
            ("two", &[frame(&[0x82, 1], 1), frame(&[0x88, 2], 2)]),
        ];
        for (what, messages) in cases {
            let mut follower = FrameFollower::default();
            for message in *messages {
                assert!(follower.is_between_messages(), "{what}");
                for byte in &message[..message.len() - 1] {
                    follower.follow(&[*byte]);
                    assert!(!follower.is_between_messages(), "{what}");
                }
                follower.follow(&message[message.len() - 1..]);
            }
            assert!(follower.is_between_messages(), "{what}");
            let mut at_once = FrameFollower::default();
            at_once.follow(&messages.concat());
            assert!(at_once.is_between_messages(), "{what}");
        }
    }
}
