//! Reads ASN.1 in the Basic Encoding Rules (ITU-T X.690), of which DER is a part: some programs write PKCS#12 with
//! indefinite lengths and with octet strings in pieces, which readers of DER refuse.

use zeroize::Zeroizing;

/// Elements within elements; more are taken for an attack. PKCS#12 has about ten.
const MAXIMUM_DEPTH: usize = 32;

/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(super) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(super) const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
/// SEQUENCE and SEQUENCE OF.
pub(super) const SEQUENCE: u8 = 0x30;
/// A constructed `[0]`.
pub(super) const CONTEXT_0: u8 = 0xa0;
/// A `[0]` in place of a primitive type.
pub(super) const PRIMITIVE_CONTEXT_0: u8 = 0x80;

const CONSTRUCTED: u8 = 0x20;
const HIGH_TAG_NUMBER: u8 = 0x1f;
const INDEFINITE: u8 = 0x80;

/// The bytes do not follow the rules, or not those of what was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The identifier octet: class, whether it is constructed, and number.
    pub(super) tag: u8,
    /// What is in it.
    pub(super) content: &'a [u8],
    /// All of it, with tag and length.
    pub(super) whole: &'a [u8],
}

/// Elements one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of what comes next.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let (element, rest) = element(self.rest, MAXIMUM_DEPTH)?;
        self.rest = rest;
        Ok(element)
    }

    /// What comes next, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.next().and_then(|element| if element.tag == tag { Ok(element) } else { Err(Malformed) })
    }

    /// What is in the SEQUENCE that comes next.
    pub(super) fn sequence(&mut self) -> Result<Reader<'a>, Malformed> {
        Ok(Reader::new(self.expect(SEQUENCE)?.content))
    }

    /// The object identifier that comes next, as it is encoded.
    pub(super) fn object_identifier(&mut self) -> Result<&'a [u8], Malformed> {
        Ok(self.expect(OBJECT_IDENTIFIER)?.content)
    }

    /// The whole number that comes next; one that does not fit counts as the largest that does.
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let content = self.expect(INTEGER)?.content;
        match content.first() {
            Some(first) if first & 0x80 == 0 => {
                let zeros = content.iter().take_while(|byte| **byte == 0).count();
                let digits = content.get(zeros..).unwrap_or_default();
                if digits.len() > size_of::<u64>() {
                    return Ok(u64::MAX);
                }
                Ok(digits.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)))
            }
            Some(_) | None => Err(Malformed),
        }
    }

    /// The octet string that comes next, as a whole.
    pub(super) fn octets(&mut self) -> Result<Zeroizing<Vec<u8>>, Malformed> {
        self.next()?.octets_tagged(OCTET_STRING)
    }

    /// What is in the explicit `[0]` that comes next.
    pub(super) fn context_0(&mut self) -> Result<Reader<'a>, Malformed> {
        Ok(Reader::new(self.expect(CONTEXT_0)?.content))
    }
}

impl Element<'_> {
    /// The octets of an octet string with this tag, which may be in pieces.
    pub(super) fn octets_tagged(&self, primitive: u8) -> Result<Zeroizing<Vec<u8>>, Malformed> {
        let mut octets = Zeroizing::new(Vec::with_capacity(self.content.len()));
        match self.tag {
            tag if tag == primitive => octets.extend_from_slice(self.content),
            tag if tag == primitive | CONSTRUCTED => pieces(self.content, &mut octets, MAXIMUM_DEPTH)?,
            _ => return Err(Malformed),
        }
        Ok(octets)
    }
}

/// Whether this is one SEQUENCE and nothing else: what is decrypted with a wrong password hardly ever is.
pub(super) fn is_one_sequence(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.sequence().is_ok() && reader.is_at_end()
}

fn pieces(content: &[u8], octets: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
    let deeper = depth.checked_sub(1).ok_or(Malformed)?;
    let mut reader = Reader::new(content);
    while !reader.is_at_end() {
        let piece = reader.next()?;
        match piece.tag {
            OCTET_STRING => octets.extend_from_slice(piece.content),
            tag if tag == OCTET_STRING | CONSTRUCTED => pieces(piece.content, octets, deeper)?,
            _ => return Err(Malformed),
        }
    }
    Ok(())
}

/// The first element and what follows it.
fn element(bytes: &[u8], depth: usize) -> Result<(Element<'_>, &[u8]), Malformed> {
    let [tag, length, after @ ..] = bytes else { return Err(Malformed) };
    let (tag, length) = (*tag, *length);
    if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER {
        return Err(Malformed);
    }
    let (content, rest) = match length {
        0..INDEFINITE => after.split_at_checked(usize::from(length)).ok_or(Malformed)?,
        INDEFINITE if tag & CONSTRUCTED != 0 => indefinite(after, depth)?,
        0x81..=0x84 => {
            let (length, after) = after.split_at_checked(usize::from(length & 0x7f)).ok_or(Malformed)?;
            let length = length.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            after.split_at_checked(length).ok_or(Malformed)?
        }
        _ => return Err(Malformed),
    };
    let whole = bytes.get(..bytes.len() - rest.len()).ok_or(Malformed)?;
    Ok((Element { tag, content, whole }, rest))
}

/// What stands before the end of contents, and what follows that.
fn indefinite(bytes: &[u8], depth: usize) -> Result<(&[u8], &[u8]), Malformed> {
    let deeper = depth.checked_sub(1).ok_or(Malformed)?;
    let mut at = bytes;
    loop {
        if let [0, 0, rest @ ..] = at {
            return Ok((bytes.get(..bytes.len() - at.len()).ok_or(Malformed)?, rest));
        }
        at = element(at, deeper)?.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_pieces_are_read() {
        type Case<'a> = (&'a [u8], Result<&'a [u8], Malformed>);
        let table: [Case<'_>; 10] = [
            (&[4, 2, 7, 8], Ok(&[7, 8])),
            (&[4, 0x81, 2, 7, 8], Ok(&[7, 8])),
            (&[4, 0x84, 0, 0, 0, 2, 7, 8, 9], Ok(&[7, 8])),
            (&[0x24, 0x80, 4, 1, 7, 0x24, 3, 4, 1, 8, 0, 0], Ok(&[7, 8])),
            (&[0x24, 6, 4, 1, 7, 4, 1, 8], Ok(&[7, 8])),
            (&[4, 3, 7, 8], Err(Malformed)),
            (&[4, 0x80, 7, 0, 0], Err(Malformed)),
            (&[0x24, 0x80, 4, 1, 7], Err(Malformed)),
            (&[0x24, 3, 5, 1, 7], Err(Malformed)),
            (&[4, 0x85, 0, 0, 0, 0, 1, 7], Err(Malformed)),
        ];
        for (bytes, expected) in table {
            let octets = Reader::new(bytes).octets();
            assert_eq!(octets.as_ref().map(|octets| &octets[..]), expected.as_ref().map(|found| *found));
        }
        let numbers: [(&[u8], Result<u64, Malformed>); 5] = [
            (&[2, 1, 3], Ok(3)),
            (&[2, 3, 0, 0x80, 0], Ok(0x8000)),
            (&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0], Ok(u64::MAX)),
            (&[2, 1, 0x80], Err(Malformed)),
            (&[2, 0], Err(Malformed)),
        ];
        for (bytes, expected) in numbers {
            assert_eq!(Reader::new(bytes).number(), expected);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = [0x24, 0x80].repeat(100_000);
        assert_eq!(Reader::new(&deep).next().unwrap_err(), Malformed);
        let mut nested = Vec::new();
        for _ in 0..40 {
            let length = u8::try_from(nested.len()).unwrap();
            nested.splice(0..0, [0x24, length]);
        }
        assert_eq!(Reader::new(&nested).octets().unwrap_err(), Malformed);
    }
}
