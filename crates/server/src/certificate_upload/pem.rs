//! Reads and writes PEM (RFC 7468), with what people have in such files: text around the blocks, spaces, other line ends.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::error::UploadError;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// Longer labels are none (the longest in use has about 30).
const LONGEST_LABEL: usize = 64;
/// Characters of Base64 in a line.
const LINE: usize = 64;
/// Some programs leave out the padding, and some put other bits into it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A block.
pub(super) struct Block {
    /// What stands behind BEGIN.
    pub(super) label: String,
    pub(super) content: Content,
}

/// What is in a block.
pub(super) enum Content {
    Bytes(Zeroizing<Vec<u8>>),
    /// It has the header of the outdated encryption (RFC 1421, section 4.6.1.1).
    OutdatedEncryption,
}

/// Whether there is a block in this text.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// All blocks.
pub(super) fn read(text: &str) -> Result<Vec<Block>, UploadError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, body)) = after.split_once(DASHES).filter(|(label, _)| is_label(label)) else {
            rest = after;
            continue;
        };
        let end = format!("{END}{label}{DASHES}");
        let no_end = || UploadError::NoEnd(label.to_owned());
        let (body, following) = body.split_once(end.as_str()).ok_or_else(no_end)?;
        // Its own END line is missing, and that of a later block with the same label was found.
        if body.contains(BEGIN) {
            return Err(no_end());
        }
        blocks.push(Block { label: label.to_owned(), content: content(label, body)? });
        rest = following;
    }
    Ok(blocks)
}

fn is_label(label: &str) -> bool {
    label.len() <= LONGEST_LABEL
        && label.chars().all(|character| character.is_ascii_graphic() || character == ' ')
}

fn content(label: &str, body: &str) -> Result<Content, UploadError> {
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    let mut in_header = false;
    for line in body.lines() {
        let line = line.trim();
        // Headers stand before the Base64, which has no colon; lines that go on begin with a space.
        if line.contains(':') && base64.is_empty() {
            if line.starts_with("Proc-Type:") && line.contains("ENCRYPTED") {
                return Ok(Content::OutdatedEncryption);
            }
            in_header = true;
        } else if line.is_empty() {
            in_header = false;
        } else if !in_header {
            base64.extend(line.chars().filter(|character| !character.is_whitespace()));
        }
    }
    decode(&base64).map(Content::Bytes).ok_or_else(|| UploadError::NotBase64(label.to_owned()))
}

/// What a text of Base64 stands for.
pub(super) fn decode(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    BASE64.decode(base64).ok().map(Zeroizing::new)
}

/// One block.
pub(super) fn write(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(BASE64.encode(bytes));
    let mut text =
        Zeroizing::new(String::with_capacity(base64.len() + base64.len() / LINE + 2 * LONGEST_LABEL));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while let Some((line, following)) =
        rest.split_at_checked(LINE.min(rest.len())).filter(|(line, _)| !line.is_empty())
    {
        text.push_str(line);
        text.push('\n');
        rest = following;
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}
