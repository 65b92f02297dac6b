//! A frame, as either side may send it, and all that is in it.

#![no_main]

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::{SignedProfile, frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(message) = frame::decode_agent_to_server(data) {
        let again = frame::encode_agent_to_server(&message).unwrap();
        assert_eq!(frame::decode_agent_to_server(&again).unwrap(), message);
        if let Some(custom) = &message.custom_message {
            let _ = AgentCustomMessage::from_message(custom);
        }
    }
    if let Ok(message) = frame::decode_server_to_agent(data) {
        if let Some(custom) = &message.custom_message {
            let _ = ServerCustomMessage::from_message(custom);
        }
        if let Some(config) = &message.remote_config {
            let _ = SignedProfile::from_remote_config(config);
        }
    }
});
