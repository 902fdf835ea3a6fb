//! Whatever is typed.

use proptest::prelude::*;

use super::*;

fn inputs() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        Just("KB".to_owned()),
        Just("1".to_owned()),
        Just("2".to_owned()),
        Just("9".to_owned()),
        Just("0".to_owned()),
        Just("LAI".to_owned()),
        Just("EN".to_owned()),
        Just("THE".to_owned()),
        Just("DY".to_owned()),
        Just("001084000999".to_owned()),
        Just("Tran Van An".to_owned()),
        Just("Hai Phong".to_owned()),
        Just("KB 001084000999 Tran Van An Hai Phong 0".to_owned()),
        "\\PC{0,40}",
        "[0-9*# ,;]{0,14}",
        "KB [0-9A-Za-z ,;]{0,40}",
    ];
    proptest::collection::vec(word, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_input_panics_and_every_message_fits(texts in inputs(), ussd: bool) {
        let mut phone = Handset::new(if ussd { Medium::Ussd } else { Medium::Sms });
        for text in &texts {
            if ussd {
                if phone.session == 0 {
                    phone.dial("*123#");
                }
                let screen = phone.key(text);
                prop_assert!(crate::text::gsm::septets(&screen.text).unwrap() <= SCREEN_SEPTETS);
            } else {
                let said = phone.text(text);
                prop_assert!(crate::text::gsm::septets(&said).unwrap() <= TEXT_SEPTETS);
            }
        }
    }

    #[test]
    fn the_same_inputs_replayed_give_the_same_state(texts in inputs()) {
        let play = || {
            let mut phone = Handset::sms();
            for text in &texts {
                phone.text(text);
            }
            (phone.state, phone.shown)
        };
        let (one, other) = (play(), play());
        prop_assert!(one == other);
    }

    #[test]
    fn what_is_kept_survives_being_written_down(texts in inputs()) {
        let mut phone = Handset::sms();
        for text in &texts {
            phone.text(text);
            let written = serde_json::to_vec(&phone.state).unwrap();
            let read: State = serde_json::from_slice(&written).unwrap();
            prop_assert!(read == phone.state);
        }
    }
}
