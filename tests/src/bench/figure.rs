//! What is printed: a figure, the limit it was measured beside, and their ratio.

use std::fmt::Write as _;

/// A measured figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Stable name, such as `declare_sqlite`.
    pub(crate) name: String,
    /// What was measured.
    pub(crate) value: f64,
    /// Of value and limit: `req/s`, `rows/s`, `us`, `ms`, `MiB`.
    pub(crate) unit: &'static str,
    /// The limit, measured in the same run.
    pub(crate) limit: f64,
    /// What the limit is, in words.
    pub(crate) beside: &'static str,
    /// What is asked for.
    pub(crate) goal: Goal,
    /// Further numbers under their names.
    pub(crate) extra: Vec<(&'static str, f64)>,
}

/// What a figure has to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The value is at least this.
    AtLeast(f64),
    /// The value is at most this.
    AtMost(f64),
    /// The value is at least so many times the limit.
    TimesAtLeast(f64),
    /// The value is at most the first, and at most so many times the limit.
    AtMostAndTimes(f64, f64),
    /// Shown only.
    Open,
}

impl Figure {
    /// Value by limit.
    pub(crate) fn ratio(&self) -> f64 {
        self.value / self.limit
    }

    /// Whether the goal is reached; `None` without one.
    pub(crate) fn reached(&self) -> Option<bool> {
        match self.goal {
            Goal::AtLeast(least) => Some(self.value >= least),
            Goal::AtMost(most) => Some(self.value <= most),
            Goal::TimesAtLeast(times) => Some(self.ratio() >= times),
            Goal::AtMostAndTimes(most, times) => Some(self.value <= most && self.ratio() <= times),
            Goal::Open => None,
        }
    }

    /// One JSON object: `name value unit limit ratio` first, then what else there is.
    pub(crate) fn json(&self) -> String {
        let mut line = format!(
            r#"{{"name":"{}","value":{},"unit":"{}","limit":{},"ratio":{}"#,
            self.name,
            rounded(self.value),
            self.unit,
            rounded(self.limit),
            rounded(self.ratio())
        );
        for (name, value) in &self.extra {
            let _ = write!(line, r#","{name}":{}"#, rounded(*value));
        }
        if let Some(reached) = self.reached() {
            let _ = write!(line, r#","reached":{reached}"#);
        }
        line.push('}');
        line
    }

    /// One line for a person.
    pub(crate) fn line(&self) -> String {
        let mut line = format!(
            "{:<22} {:>10} {:<6} {:>10} {:<34} {:>8}",
            self.name,
            rounded(self.value),
            self.unit,
            rounded(self.limit),
            self.beside,
            rounded(self.ratio())
        );
        let goal = match self.goal {
            Goal::AtLeast(least) => format!(">= {least}"),
            Goal::AtMost(most) => format!("<= {most}"),
            Goal::TimesAtLeast(times) => format!(">= {times} x"),
            Goal::AtMostAndTimes(most, times) => format!("<= {most}, <= {times} x"),
            Goal::Open => "-".to_owned(),
        };
        let mark = match self.reached() {
            Some(true) => "reached",
            Some(false) => "MISSED",
            None => "",
        };
        let _ = write!(line, "  {goal:<14} {mark:<8}");
        for (name, value) in &self.extra {
            let _ = write!(line, " {name}={}", rounded(*value));
        }
        line.trim_end().to_owned()
    }

    /// The heading above [`Self::line`].
    pub(crate) fn heading() -> String {
        format!(
            "{:<22} {:>10} {:<6} {:>10} {:<34} {:>8}  goal",
            "name", "value", "unit", "limit", "limit is", "ratio"
        )
    }
}

/// Three decimals below ten, one below a thousand, none above.
fn rounded(value: f64) -> f64 {
    let scale = if value.abs() < 10.0 {
        1_000.0
    } else if value.abs() < 1_000.0 {
        10.0
    } else {
        1.0
    };
    (value * scale).round() / scale
}

/// The value below which this share of the sorted values lies.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(last)).copied().unwrap_or(f64::NAN)
}

/// The middle of some values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 0.5)
}
