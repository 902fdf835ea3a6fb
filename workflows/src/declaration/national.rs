//! The national floor under every province's rules, and what makes a person suspected.

use crate::answers::{Answer, Reply, answer, says_yes};
use crate::form::national;
use crate::registry::RegistryAnswer;
use crate::verdict::{Level, Reason, Verdict, reasons};

/// Whether any symptom was declared.
pub fn has_symptoms(replies: &[Reply]) -> bool {
    national::SYMPTOMS.iter().any(|q| says_yes(replies, *q))
}

/// Makes a verdict at least as strict as the nation demands: contact with a patient or a
/// positive test holds the pass, symptoms make the officer look twice (DOMAIN.md §5.2: such a
/// person is suspected, nghi ngờ; only a laboratory or a medical officer confirms).
pub fn tighten(verdict: &mut Verdict, replies: &[Reply]) {
    if has_symptoms(replies) {
        verdict.tighten(Level::Caution, Reason::plain(reasons::SYMPTOMS));
    }
    if answer(replies, national::TEST_RESULT) == Some(&Answer::Choice(1)) {
        verdict.tighten(Level::Hold, Reason::plain(reasons::TESTED_POSITIVE));
    }
    if says_yes(replies, national::MET_PATIENT) {
        verdict.tighten(Level::Hold, Reason::plain(reasons::MET_PATIENT));
    }
}

/// Adds what the registry left open: the post compares the document.
pub fn note_registry(verdict: &mut Verdict, answer: &RegistryAnswer) {
    let reason = match answer {
        RegistryAnswer::Unavailable => reasons::IDENTITY_TO_CHECK,
        RegistryAnswer::Unknown => reasons::IDENTITY_UNKNOWN,
        RegistryAnswer::Match | RegistryAnswer::Mismatch(_) => return,
    };
    verdict.tighten(Level::Caution, Reason::plain(reason));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear() -> Verdict {
        Verdict {
            level: Level::Clear,
            clauses: vec![],
            reasons: vec![],
            tasks: vec![],
            trail: vec![],
        }
    }

    #[test]
    fn a_province_cannot_clear_a_contact_of_a_patient() {
        let mut verdict = clear();
        tighten(
            &mut verdict,
            &[Reply {
                to: national::MET_PATIENT,
                answer: Answer::Yes,
            }],
        );
        assert_eq!(verdict.level, Level::Hold);
    }

    #[test]
    fn a_stricter_province_is_left_as_it_is() {
        let mut verdict = clear();
        verdict.level = Level::Refuse;
        tighten(
            &mut verdict,
            &[Reply {
                to: national::FEVER,
                answer: Answer::Yes,
            }],
        );
        assert_eq!(verdict.level, Level::Refuse);
        assert_eq!(verdict.reasons, [Reason::plain(reasons::SYMPTOMS)]);
    }

    #[test]
    fn an_unavailable_registry_asks_for_the_document_at_the_post() {
        let mut verdict = clear();
        note_registry(&mut verdict, &RegistryAnswer::Unavailable);
        assert_eq!(verdict.level, Level::Caution);
        assert_eq!(verdict.reasons[0].code, reasons::IDENTITY_TO_CHECK);
    }
}
