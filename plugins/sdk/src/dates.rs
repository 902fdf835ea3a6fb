//! Local days and minutes. `Asia/Ho_Chi_Minh` has no daylight saving, so a day has 1,440 minutes.

/// Minutes of a day.
pub const DAY_MINUTES: i64 = 1_440;

/// The local day (days since 1970-01-01) a minute falls on.
pub fn day_of(minute: i64) -> i32 {
    i32::try_from(minute.div_euclid(DAY_MINUTES)).unwrap_or(i32::MAX)
}

/// Minutes since local midnight, 0..1440.
pub fn minute_of_day(minute: i64) -> i64 {
    minute.rem_euclid(DAY_MINUTES)
}

/// The first minute of a local day.
pub fn start_of(day: i32) -> i64 {
    i64::from(day) * DAY_MINUTES
}

/// Days from one day to a later one; negative when it is earlier.
pub fn days_between(from: i32, to: i32) -> i64 {
    i64::from(to) - i64::from(from)
}
