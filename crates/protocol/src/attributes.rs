//! Attributes of an agent by their OpenTelemetry names, and their values.

use crate::opamp::{AgentDescription, AnyValue, KeyValue, any_value::Value};

/// `service.name`: which program the agent is.
pub const SERVICE_NAME: &str = "service.name";
/// `service.version`: its version.
pub const SERVICE_VERSION: &str = "service.version";
/// `service.instance.id`: the instance UID as text.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
/// `os.type`: `linux`, `windows`, `darwin`.
pub const OS_TYPE: &str = "os.type";
/// `os.description`: name and version for people.
pub const OS_DESCRIPTION: &str = "os.description";
/// `host.name`.
pub const HOST_NAME: &str = "host.name";
/// `host.arch`: `amd64`, `arm64`.
pub const HOST_ARCH: &str = "host.arch";

/// The `service.name` of Countersign's own agent.
pub const AGENT_SERVICE_NAME: &str = "countersign";

/// An attribute with a text value.
#[must_use]
pub fn text(key: &str, value: impl Into<String>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(Value::StringValue(value.into())) }) }
}

/// The text value of the attribute `key` of an agent, identifying or not; `None` when it is absent
/// or no text. Where an agent repeats a key the first one counts.
#[must_use]
pub fn find_text<'a>(description: &'a AgentDescription, key: &str) -> Option<&'a str> {
    description
        .identifying_attributes
        .iter()
        .chain(&description.non_identifying_attributes)
        .find(|attribute| attribute.key == key)
        .and_then(|attribute| match attribute.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.as_str()),
            Value::BoolValue(_)
            | Value::IntValue(_)
            | Value::DoubleValue(_)
            | Value::ArrayValue(_)
            | Value::KvlistValue(_)
            | Value::BytesValue(_) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_text_only() {
        let description = AgentDescription {
            identifying_attributes: vec![text(SERVICE_NAME, "countersign")],
            non_identifying_attributes: vec![
                text(HOST_NAME, "desk-4"),
                KeyValue { key: OS_TYPE.into(), value: Some(AnyValue { value: Some(Value::IntValue(4)) }) },
            ],
        };
        assert_eq!(find_text(&description, SERVICE_NAME), Some("countersign"));
        assert_eq!(find_text(&description, HOST_NAME), Some("desk-4"));
        assert_eq!(find_text(&description, OS_TYPE), None);
        assert_eq!(find_text(&description, HOST_ARCH), None);
    }
}
