//! Variable-length integers: seven bits per byte, the lowest first; the top bit says
//! whether another byte follows. 1 to 10 bytes per number.

/// Appends a number.
pub fn write(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

/// Reads [`write()`] and moves on behind it; none when the bytes end too early.
pub fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(number: u64) {
            let mut bytes = Vec::new();
            write(number, &mut bytes);
            prop_assert_eq!(read(&mut bytes.as_slice()), Some(number));
        }
    }
}
