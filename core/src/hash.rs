//! SHA-256 (FIPS 180-4) in hexadecimal.

use sha2::{Digest, Sha256};

/// The first `digits` hexadecimal digits of a text's SHA-256.
pub fn hex(text: &str, digits: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in digest {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    hex.truncate(digits);
    hex
}

#[cfg(test)]
mod tests {
    #[test]
    fn abc_is_the_example_of_the_standard() {
        assert_eq!(super::hex("abc", 16), "ba7816bf8f01cfea");
    }
}
