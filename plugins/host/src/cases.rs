//! Golden cases: what a plugin must say, as JSON files that a health officer can read. Used by
//! the tests of this crate and by whoever writes a province.
//!
//! Every case is asked twice; rules that do not repeat themselves fail. Every sentence that a
//! verdict or decision uses must have words in both languages, which the host checks anyway.

mod file;

use std::path::{Path, PathBuf};

use workflows::clock::Day;
use workflows::ids::ProvinceId;
use workflows::rules::{Context, Rules, Scan};
use workflows::verdict::{Clause, Reason, earliest_end};

use crate::provinces::{LoadError, ProvincePlugin, Provinces};
use file::{Case, declared, known_facts, moment, read, unit};

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// File and name of the case.
    pub name: String,
    /// What differs from what was expected; empty when nothing does.
    pub differs: Vec<String>,
}

/// Why cases could not be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The plugins could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The plugin itself was refused.
    #[error("{plugin} was not loaded: {why}")]
    Refused {
        /// Folder name.
        plugin: String,
        /// Why.
        why: String,
    },
    /// A case file cannot be read or understood.
    #[error("{}: {why}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Runs all `cases/*.json` of a built plugin folder `dir/<plugin>`.
pub fn run(dir: &Path, plugin: &str) -> Result<Vec<CaseResult>, CaseError> {
    let files = read(&dir.join(plugin).join("cases"))?;
    let province = |n: usize| ProvinceId::parse(&format!("case-{n}"));
    let bindings = files
        .iter()
        .enumerate()
        .filter_map(|(n, (_, file))| {
            let settings = file.settings.clone();
            Some((
                province(n)?,
                ProvincePlugin {
                    plugin: plugin.into(),
                    settings,
                },
            ))
        })
        .collect();
    let rules = Provinces::load_as(dir, &bindings, false)?;
    if let Some((why, status)) = rules
        .status()
        .into_iter()
        .find_map(|s| Some((s.state.clone().err()?, s)))
    {
        return Err(CaseError::Refused {
            plugin: status.plugin,
            why,
        });
    }
    let mut results = Vec::new();
    for (n, (path, file)) in files.iter().enumerate() {
        let Some(province) = province(n) else {
            continue;
        };
        for case in &file.cases {
            let mut differs = Vec::new();
            for _ in 0..2 {
                let problem = |why| CaseError::File {
                    file: path.clone(),
                    why,
                };
                differs.extend(ask(&rules, &province, &file.home, case).map_err(problem)?);
            }
            differs.dedup();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            results.push(CaseResult {
                name: format!("{stem}: {}", case.name),
                differs,
            });
        }
    }
    Ok(results)
}

/// Asks one case and tells what differs; `Err` when the case itself makes no sense.
fn ask(
    rules: &Provinces,
    province: &ProvinceId,
    home: &str,
    case: &Case,
) -> Result<Vec<String>, String> {
    let now = moment(&case.now)?;
    let declared = declared(&case.declared, now)?;
    let risk = case.risks.iter().map(|(u, level)| Ok((unit(u)?, *level)));
    let mut context = Context {
        now,
        home: unit(home)?,
        checkpoint: None,
        risk: risk.collect::<Result<_, String>>()?,
        facts: Vec::new(),
    };
    let mut differs = Differences::default();
    if let Some(wanted) = &case.complaints {
        let said = rules
            .check(province, &context, &declared.replies)
            .map_err(|e| e.to_string())?;
        let said: Vec<_> = said.into_iter().map(|(to, why)| (to, why.code)).collect();
        differs.compare("complaints", wanted, &said);
    }
    let verdict = rules
        .assess(province, &context, &declared)
        .map_err(|e| e.to_string())?;
    if let Some(wanted) = &case.expect {
        differs.compare("level", &wanted.level, &verdict.level);
        let clauses: Vec<String> = verdict.clauses.iter().map(|c| clause_text(*c)).collect();
        differs.compare("clauses", &wanted.clauses, &clauses);
        if let Some(ends) = &wanted.ends_at {
            differs.compare(
                "ends_at",
                &moment(ends)?,
                &earliest_end(now, &verdict.clauses),
            );
        }
        differs.compare("reasons", &wanted.reasons, &codes(&verdict.reasons));
        differs.compare("tasks", &wanted.tasks, &verdict.tasks);
        if let Some(trail) = &wanted.trail {
            differs.compare("trail", trail, &verdict.trail);
        }
    }
    if let Some(wanted) = &case.scan {
        context.now = moment(&wanted.at)?;
        context.facts = known_facts(&wanted.facts)?;
        let scan = Scan {
            declared,
            level: wanted.level.unwrap_or(verdict.level),
            issued_at: now,
            expires_at: earliest_end(now, &verdict.clauses),
            direction: wanted.direction,
        };
        let decision = rules
            .decide(province, &context, &scan)
            .map_err(|e| e.to_string())?;
        differs.compare("gate", &wanted.gate, &decision.gate);
        differs.compare(
            "reasons at the post",
            &wanted.reasons,
            &codes(&decision.reasons),
        );
        differs.compare("tasks at the post", &wanted.tasks, &decision.tasks);
    }
    Ok(differs.0)
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: &T, said: &T) {
        if wanted != said {
            self.0.push(format!(
                "{what}: expected {wanted:?}, the rules say {said:?}"
            ));
        }
    }
}

fn codes(reasons: &[Reason]) -> Vec<u16> {
    reasons.iter().map(|r| r.code).collect()
}

/// A clause as cases write it.
fn clause_text(clause: Clause) -> String {
    let minute = |m: i64| Day(0).at_minute(m).local_text();
    match clause {
        Clause::HoursAfterIssue(hours) => format!("{hours} hours after issue"),
        Clause::LocalDays(days) => format!("{days} local days"),
        Clause::HoursAfter { from, hours } => format!("{hours} hours after {}", minute(from)),
        Clause::Until(at) => format!("until {}", minute(at)),
    }
}
