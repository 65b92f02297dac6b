//! One OpAMP message in one binary WebSocket message: a header, which is the number 0 as a varint,
//! and the protobuf message behind it (OpAMP specification, "WebSocket Message Format").

use prost::Message;
use thiserror::Error;

use crate::opamp::{AgentToServer, ServerToAgent};

/// The largest WebSocket message that either side accepts: 1 MiB, the header included.
pub const MAXIMUM_FRAME_BYTES: usize = 1024 * 1024;

/// The longest varint: ten bytes carry 64 bits.
const MAXIMUM_HEADER_BYTES: usize = 10;

/// Why a frame could not be read or written.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The frame is over the limit.
    #[error("the message has {length} bytes; at most {MAXIMUM_FRAME_BYTES} are accepted")]
    TooLarge {
        /// The size of the whole frame in bytes.
        length: usize,
    },
    /// The frame holds no complete header.
    #[error("the message ends within its header; it must start with the number 0 as a varint")]
    NoHeader,
    /// The header is of a later protocol version.
    #[error("the message has the header {header}; only header 0 is defined by OpAMP")]
    UnknownHeader {
        /// The number that was found.
        header: u64,
    },
    /// The bytes behind the header are no such message.
    #[error("the message is not valid protobuf of the kind {kind}: {source}")]
    Malformed {
        /// The OpAMP message that was expected.
        kind: &'static str,
        /// Where decoding stopped.
        source: prost::DecodeError,
    },
}

/// Writes a message of an agent as the content of one binary WebSocket message.
///
/// # Errors
/// [`FrameError::TooLarge`] over [`MAXIMUM_FRAME_BYTES`].
pub fn encode_agent_to_server(message: &AgentToServer) -> Result<Vec<u8>, FrameError> {
    encode(message)
}

/// Writes a message of a server as the content of one binary WebSocket message.
///
/// # Errors
/// [`FrameError::TooLarge`] over [`MAXIMUM_FRAME_BYTES`].
pub fn encode_server_to_agent(message: &ServerToAgent) -> Result<Vec<u8>, FrameError> {
    encode(message)
}

/// Reads what an agent sent.
///
/// # Errors
/// Every [`FrameError`]: nothing about `frame` is trusted.
pub fn decode_agent_to_server(frame: &[u8]) -> Result<AgentToServer, FrameError> {
    decode(frame, "AgentToServer")
}

/// Reads what a server sent.
///
/// # Errors
/// Every [`FrameError`]: nothing about `frame` is trusted.
pub fn decode_server_to_agent(frame: &[u8]) -> Result<ServerToAgent, FrameError> {
    decode(frame, "ServerToAgent")
}

fn encode(message: &impl Message) -> Result<Vec<u8>, FrameError> {
    let length = 1 + message.encoded_len();
    if length > MAXIMUM_FRAME_BYTES {
        return Err(FrameError::TooLarge { length });
    }
    let mut frame = Vec::with_capacity(length);
    frame.push(0);
    message.encode_raw(&mut frame);
    Ok(frame)
}

fn decode<M: Message + Default>(frame: &[u8], kind: &'static str) -> Result<M, FrameError> {
    if frame.len() > MAXIMUM_FRAME_BYTES {
        return Err(FrameError::TooLarge { length: frame.len() });
    }
    let (header, body) = split_header(frame)?;
    if header != 0 {
        return Err(FrameError::UnknownHeader { header });
    }
    M::decode(body).map_err(|source| FrameError::Malformed { kind, source })
}

/// Splits the varint off the front. A varint may be longer than its shortest form.
fn split_header(frame: &[u8]) -> Result<(u64, &[u8]), FrameError> {
    let mut header = 0u64;
    for (index, byte) in frame.iter().take(MAXIMUM_HEADER_BYTES).enumerate() {
        header |=
            u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok((header, &frame[index + 1..]));
        }
    }
    Err(FrameError::NoHeader)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "ends within its header"),
            (b"\x80", "ends within its header"),
            (b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "ends within its header"),
            (b"\x01", "header 1"),
            (b"\x80\x01", "header 128"),
            (b"\x00\xff", "not valid protobuf"),
        ];
        for (frame, expected) in cases {
            let error = decode_agent_to_server(frame).expect_err("must be refused").to_string();
            assert!(error.contains(expected), "{frame:?}: {error}");
        }
        assert!(decode_agent_to_server(b"\x00").is_ok(), "an empty message is a message");
        assert!(decode_agent_to_server(b"\x80\x00").is_ok(), "zero in two bytes is zero");
    }

    #[test]
    fn the_limit_counts_the_header() {
        // A bytes field costs its tag and a three-byte length.
        let overhead = 1 + 1 + 3;
        let message = |length| AgentToServer { instance_uid: vec![7; length], ..Default::default() };
        let largest = encode_agent_to_server(&message(MAXIMUM_FRAME_BYTES - overhead)).expect("fits exactly");
        assert_eq!(largest.len(), MAXIMUM_FRAME_BYTES);
        assert!(decode_agent_to_server(&largest).is_ok());
        assert!(matches!(
            encode_agent_to_server(&message(MAXIMUM_FRAME_BYTES - overhead + 1)),
            Err(FrameError::TooLarge { .. })
        ));
        assert!(matches!(
            decode_agent_to_server(&vec![0; MAXIMUM_FRAME_BYTES + 1]),
            Err(FrameError::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(uid in proptest::collection::vec(any::<u8>(), 0..64), sequence_num: u64) {
            let message = AgentToServer { instance_uid: uid, sequence_num, ..Default::default() };
            let frame = encode_agent_to_server(&message).expect("small");
            prop_assert_eq!(decode_agent_to_server(&frame).expect("own frame"), message);
        }

        #[test]
        fn no_input_panics(frame in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = decode_agent_to_server(&frame);
            let _ = decode_server_to_agent(&frame);
        }
    }
}
