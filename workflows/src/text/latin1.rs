//! ISO 8859-1, the third coding that SMSCs hand over (`data_coding` 3).

/// The text of octets: each is the character of its own number.
pub fn decode(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_octet_is_the_character_of_its_number() {
        assert_eq!(super::decode(b"KB caf\xe9 \xa3"), "KB café £");
    }
}
