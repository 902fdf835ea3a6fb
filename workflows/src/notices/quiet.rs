//! When a notice may come: nobody is woken for one.

use crate::clock::Moment;

/// A pass must be good for this long after a reminder, or after its issue before one.
const WORTH_MINUTES: i64 = 60;
/// How long before the quiet hours an evening's reminder comes.
const EVENING_MINUTES: i64 = 30;
const DAY_MINUTES: i64 = 24 * 60;

/// When citizens are told of their passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// How long before a pass ends its holder is reminded, in hours; 0: never.
    pub remind_hours: i64,
    /// When nothing is told; none: there is no such time.
    pub quiet: Option<Quiet>,
}

/// Hours of the local day in which nobody is told anything, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: i64,
    until: i64,
}

impl Quiet {
    /// Reads `22:00-07:00`. The two differ.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let (from, until) = (minute(from)?, minute(until)?);
        (from != until).then_some(Self { from, until })
    }

    /// When the quiet hours around an instant began and end; none outside them.
    fn around(self, at: Moment) -> Option<(Moment, Moment)> {
        let minute = at.minute_of_day();
        let since = (minute - self.from).rem_euclid(DAY_MINUTES);
        let length = (self.until - self.from).rem_euclid(DAY_MINUTES);
        let began = at.day().at_minute(minute - since);
        (since < length).then(|| (began, began.plus_minutes(length)))
    }

    /// When the next quiet hours begin.
    fn next(self, at: Moment) -> Moment {
        let ahead = (self.from - at.minute_of_day()).rem_euclid(DAY_MINUTES);
        at.day().at_minute(at.minute_of_day() + ahead)
    }
}

fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

impl Timing {
    /// When the holder of a pass is reminded of its end. A time in the quiet hours is moved to
    /// their end if the pass is good for an hour then, otherwise to the evening before. None where
    /// that is not at least an hour after the issue: the pass itself said then when it ends. A chat
    /// that may be told nothing after `until` is reminded then, or in the evening before.
    pub fn remind_at(
        &self,
        (issued_at, expires_at): (Moment, Moment),
        until: Option<Moment>,
    ) -> Option<Moment> {
        if self.remind_hours <= 0 {
            return None;
        }
        let wanted = expires_at.plus_minutes(-self.remind_hours.saturating_mul(60));
        let around = |at| self.quiet.and_then(|quiet| quiet.around(at));
        let evening = |begin: Moment| begin.plus_minutes(-EVENING_MINUTES);
        let wanted = match around(wanted) {
            None => wanted,
            Some((_, end)) if end.plus_minutes(WORTH_MINUTES) <= expires_at => end,
            Some((begin, _)) => evening(begin),
        };
        let at = match until.filter(|until| *until < wanted) {
            None => wanted,
            Some(until) => around(until).map_or(until, |(begin, _)| evening(begin)),
        };
        (at >= issued_at.plus_minutes(WORTH_MINUTES)).then_some(at)
    }

    /// Now, or the end of the quiet hours.
    pub fn waking(&self, now: Moment) -> Moment {
        let around = self.quiet.and_then(|quiet| quiet.around(now));
        around.map_or(now, |(_, end)| end)
    }

    /// Until when what may go at `at` may be under way: not into the quiet hours, and not past
    /// the end of its pass.
    pub(super) fn late(&self, at: Moment, expires_at: Moment) -> Moment {
        let quiet = self.quiet.map(|quiet| quiet.next(at));
        quiet.map_or(expires_at, |begin| begin.min(expires_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Day;

    fn at(text: &str) -> Moment {
        let (day, time) = text.split_once(' ').unwrap();
        Day::parse(day).unwrap().at_minute(minute(time).unwrap())
    }

    fn timing(quiet: &str) -> Timing {
        Timing {
            remind_hours: 6,
            quiet: Quiet::parse(quiet),
        }
    }

    #[test]
    fn quiet_hours_are_read_across_midnight_or_not_at_all() {
        for wrong in [
            "",
            "22-7",
            "22:00",
            "24:00-07:00",
            "22:00-22:00",
            "22:60-07:00",
        ] {
            assert_eq!(Quiet::parse(wrong), None, "{wrong}");
        }
        let night = timing("22:00-07:00");
        let day = timing("12:00-13:30");
        for (timing, now, waking) in [
            (night, "2026-11-23 21:59", "2026-11-23 21:59"),
            (night, "2026-11-23 22:00", "2026-11-24 07:00"),
            (night, "2026-11-24 00:30", "2026-11-24 07:00"),
            (night, "2026-11-24 07:00", "2026-11-24 07:00"),
            (day, "2026-11-24 12:10", "2026-11-24 13:30"),
            (day, "2026-11-24 13:30", "2026-11-24 13:30"),
            (timing_without(), "2026-11-24 03:00", "2026-11-24 03:00"),
        ] {
            assert_eq!(timing.waking(at(now)), at(waking), "{now}");
        }
    }

    fn timing_without() -> Timing {
        timing("")
    }

    #[test]
    fn a_reminder_comes_when_somebody_is_awake_and_it_is_still_of_use() {
        let night = timing("22:00-07:00");
        for (issued, expires, reminded) in [
            (
                "2026-11-20 09:00",
                "2026-11-23 18:00",
                Some("2026-11-23 12:00"),
            ),
            // 02:00 is moved to the morning, 00:30 to the evening before.
            (
                "2026-11-20 09:00",
                "2026-11-23 08:00",
                Some("2026-11-23 07:00"),
            ),
            (
                "2026-11-20 09:00",
                "2026-11-23 06:30",
                Some("2026-11-22 21:30"),
            ),
            (
                "2026-11-20 09:00",
                "2026-11-23 07:59",
                Some("2026-11-22 21:30"),
            ),
            // Issued at night for the night, or for a few hours.
            ("2026-11-22 23:00", "2026-11-23 05:00", None),
            ("2026-11-23 09:00", "2026-11-23 15:30", None),
            (
                "2026-11-23 09:00",
                "2026-11-23 16:00",
                Some("2026-11-23 10:00"),
            ),
        ] {
            let at_last = night.remind_at((at(issued), at(expires)), None);
            assert_eq!(at_last, reminded.map(at), "{issued} {expires}");
        }
        let never = Timing::default();
        let pass = (Moment(0), at("2026-11-23 16:00"));
        assert_eq!(never.remind_at(pass, None), None);
    }

    #[test]
    fn a_reminder_that_could_not_come_later_comes_earlier_and_wakes_nobody_either() {
        let night = timing("22:00-07:00");
        let pass = (at("2026-11-20 09:00"), at("2026-11-23 18:00"));
        for (until, reminded) in [
            ("2026-11-24 08:00", Some("2026-11-23 12:00")),
            ("2026-11-22 08:00", Some("2026-11-22 08:00")),
            ("2026-11-22 03:00", Some("2026-11-21 21:30")),
            ("2026-11-20 09:30", None),
        ] {
            let at_last = night.remind_at(pass, Some(at(until)));
            assert_eq!(at_last, reminded.map(at), "{until}");
        }
        // What was moved to the morning would be too late.
        let pass = (at("2026-11-20 09:00"), at("2026-11-23 08:00"));
        let until = Some(at("2026-11-23 03:00"));
        assert_eq!(night.remind_at(pass, until), Some(at("2026-11-22 21:30")));
    }

    #[test]
    fn what_is_late_does_not_come_at_night() {
        let night = timing("22:00-07:00");
        let evening = at("2026-11-23 21:50");
        assert_eq!(
            night.late(evening, at("2026-11-24 05:00")),
            at("2026-11-23 22:00")
        );
        assert_eq!(
            night.late(evening, at("2026-11-23 21:55")),
            at("2026-11-23 21:55")
        );
    }
}
