//! What a pass says about its holder.

use unicode_normalization::UnicodeNormalization;

/// Bytes that initials may take in a pass.
const LONGEST: usize = 8;

/// The little that an officer compares with a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    initials: String,
    birth_year: u16,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder(…)")
    }
}

impl Holder {
    /// Takes the initials of a full name: the first letter of each word, upper case, without
    /// tone and vowel marks (`Đ` stays, it is a letter of its own), at most eight bytes.
    pub fn of(full_name: &str, birth_year: u16) -> Self {
        let mut initials = String::with_capacity(LONGEST);
        let firsts = full_name.split_whitespace().filter_map(|word| {
            word.nfd()
                .find(|c| c.is_alphabetic())
                .and_then(|c| c.to_uppercase().next())
        });
        for letter in firsts {
            if initials.len() + letter.len_utf8() > LONGEST {
                break;
            }
            initials.push(letter);
        }
        Self {
            initials,
            birth_year,
        }
    }

    /// The holder as a pass says it; `None` when no pass can say so.
    pub(super) fn from_claims(initials: &str, birth_year: u16) -> Option<Self> {
        let fits = initials.len() <= LONGEST && initials.chars().all(char::is_alphabetic);
        fits.then(|| Self {
            initials: initials.into(),
            birth_year,
        })
    }

    /// Initials, such as `NVA`.
    pub fn initials(&self) -> &str {
        &self.initials
    }

    /// Year of birth.
    pub fn birth_year(&self) -> u16 {
        self.birth_year
    }
}

#[cfg(test)]
mod tests {
    use super::Holder;

    #[test]
    fn initials_are_letters_without_tone_marks_in_either_unicode_form() {
        for (name, initials) in [
            ("Nguyễn Văn An", "NVA"),
            ("đỗ ồn Ý", "ĐOY"),
            ("Ô\u{302}ng  A\u{301}nh", "OA"),
            ("  (Trần) 'Thị' 2", "TT"),
            ("a b c d e f g h i j", "ABCDEFGH"),
            ("王 小 明", "王小"),
            ("", ""),
        ] {
            let holder = Holder::of(name, 1990);
            assert_eq!(holder.initials(), initials, "{name}");
            assert_eq!(Holder::from_claims(holder.initials(), 1990), Some(holder));
        }
    }
}
