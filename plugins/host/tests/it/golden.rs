//! The provinces say what their golden cases expect.

use plugin_host::{Provinces, cases};
use workflows::form::{Kind, Need, Part, national};
use workflows::rules::Rules;
use workflows::verdict::{Clause, Level};

use crate::{bound, built, context, facts, id};

fn all_cases_hold(plugin: &str) {
    let results = cases::run(built(), plugin).unwrap();
    assert!(
        results.len() >= 8,
        "{plugin} has only {} cases",
        results.len()
    );
    let wrong: Vec<_> = results.iter().filter(|r| !r.differs.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn base_holds_its_golden_cases() {
    all_cases_hold("base");
}

#[test]
fn ha_noi_holds_its_golden_cases() {
    all_cases_hold("ha-noi");
}

#[test]
fn quang_ninh_holds_its_golden_cases() {
    all_cases_hold("quang-ninh");
}

#[test]
fn the_same_traveller_gets_different_passes_in_ha_noi_and_quang_ninh() {
    let pairs = [("ha-noi", "ha-noi"), ("quang-ninh", "quang-ninh")];
    let rules = Provinces::load(built(), &bound(&pairs)).unwrap();
    let one = rules.assess(&id("ha-noi"), &context(1), &facts(1)).unwrap();
    let other = rules
        .assess(&id("quang-ninh"), &context(22), &facts(22))
        .unwrap();
    assert_eq!((one.level, other.level), (Level::Clear, Level::Clear));
    assert_eq!(one.clauses, [Clause::HoursAfterIssue(72)]);
    assert_eq!(other.clauses[0], Clause::LocalDays(3));
    assert!(matches!(
        other.clauses[1],
        Clause::HoursAfter { hours: 72, .. }
    ));
}

#[test]
fn the_forms_of_ha_noi_and_quang_ninh_ask_different_things() {
    let pairs = [("ha-noi", "ha-noi"), ("quang-ninh", "quang-ninh")];
    let rules = Provinces::load(built(), &bound(&pairs)).unwrap();
    let one = rules.form(&id("ha-noi"), &context(1)).unwrap();
    let other = rules.form(&id("quang-ninh"), &context(22)).unwrap();
    assert_eq!(
        one.item(national::PURPOSE).map(|i| i.kind),
        Some(Kind::Choice)
    );
    assert_eq!(one.item(national::SAMPLED_ON), None);
    assert_eq!(other.item(national::PURPOSE), None);
    assert_eq!(
        other.item(national::SAMPLED_ON).map(|i| i.kind),
        Some(Kind::Day)
    );
    assert_eq!(one.need(Part::Return), None);
    assert_eq!(other.need(Part::Return), Some(Need::Required));
    let label = one.item(national::PURPOSE).unwrap().label;
    assert_eq!(
        &*rules.text(&id("ha-noi"), "vi", label).unwrap(),
        "Lý do di chuyển"
    );
    assert_eq!(
        &*rules.text(&id("ha-noi"), "en", label).unwrap(),
        "Reason for the journey"
    );
}

#[test]
fn quang_ninh_names_the_day_that_its_setting_counts_from() {
    let mut bindings = bound(&[("quang-ninh", "quang-ninh")]);
    let label = |bindings: &_| {
        let rules = Provinces::load(built(), bindings).unwrap();
        let form = rules.form(&id("quang-ninh"), &context(22)).unwrap();
        let code = form.item(national::SAMPLED_ON).unwrap().label;
        rules
            .text(&id("quang-ninh"), "en", code)
            .unwrap()
            .to_string()
    };
    assert_eq!(label(&bindings), "Day the last test result was given");
    for plugin in bindings.values_mut() {
        plugin.settings.insert("test_from_result".into(), 0);
    }
    assert_eq!(label(&bindings), "Day the last test sample was taken");
}

/// The SDK cannot depend on the core, so it repeats the numbers.
#[expect(
    dead_code,
    unreachable_pub,
    reason = "compared in part, and a library elsewhere"
)]
#[path = "../../../sdk/src/national.rs"]
mod sdk;

#[test]
fn the_sdk_and_the_core_mean_the_same_by_a_question() {
    use workflows::rules::facts;
    assert_eq!(sdk::SYMPTOMS, national::SYMPTOMS);
    let pairs = [
        (sdk::MET_PATIENT, national::MET_PATIENT),
        (sdk::MET_SYMPTOMS, national::MET_SYMPTOMS),
        (sdk::WAS_IN_AREA, national::WAS_IN_AREA),
        (sdk::SAMPLED_ON, national::SAMPLED_ON),
        (sdk::TEST_RESULT, national::TEST_RESULT),
        (sdk::DOSES, national::DOSES),
        (sdk::PURPOSE, national::PURPOSE),
        (sdk::facts::CROSSINGS_TODAY, facts::CROSSINGS_TODAY),
        (sdk::facts::REGISTRY, facts::REGISTRY),
        (sdk::facts::LOW_TRUST_CHANNEL, facts::LOW_TRUST_CHANNEL),
    ];
    assert!(pairs.iter().all(|(own, core)| own == core), "{pairs:?}");
}

#[test]
fn the_sdk_and_the_core_mean_the_same_by_a_reason_and_a_figure() {
    use workflows::{reporting::figures, verdict::reasons};
    let pairs = [
        (sdk::reasons::MET_PATIENT, reasons::MET_PATIENT),
        (sdk::reasons::SYMPTOMS, reasons::SYMPTOMS),
        (sdk::reasons::TESTED_POSITIVE, reasons::TESTED_POSITIVE),
        (sdk::reasons::MEDICAL_HOLD, reasons::MEDICAL_HOLD),
        (sdk::reasons::IDENTITY_TO_CHECK, reasons::IDENTITY_TO_CHECK),
        (sdk::reasons::IDENTITY_UNKNOWN, reasons::IDENTITY_UNKNOWN),
        (sdk::reasons::REFUSED, reasons::REFUSED),
        (sdk::figures::DECLARATIONS, figures::DECLARATIONS),
        (sdk::figures::PAPER, figures::PAPER),
        (sdk::figures::CROSSINGS, figures::CROSSINGS),
        (sdk::figures::ENTRIES, figures::ENTRIES),
        (sdk::figures::EXITS, figures::EXITS),
        (sdk::figures::LET_THROUGH, figures::LET_THROUGH),
        (sdk::figures::ISOLATED, figures::ISOLATED),
        (sdk::figures::TURNED_BACK, figures::TURNED_BACK),
        (sdk::figures::RIDERS, figures::RIDERS),
        (sdk::figures::VEHICLES, figures::VEHICLES),
        (sdk::figures::SYMPTOMS, figures::SYMPTOMS),
        (sdk::figures::EXPIRED_MET, figures::EXPIRED_MET),
    ];
    assert!(pairs.iter().all(|(own, core)| own == core), "{pairs:?}");
}
