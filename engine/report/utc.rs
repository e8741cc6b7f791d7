//! Seconds since 1970 as a date that every reader places: UTC, and said so.

/// `2026-11-25 02:13 UTC`.
pub(crate) fn minute(seconds: u64) -> String {
    let stamp = second(seconds);
    format!("{} {} UTC", &stamp[..10], &stamp[11..16])
}

/// `2026-11-25T02:13:04`.
pub(crate) fn second(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March put the leap day last (the usual civil-from-days rule).
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::{minute, second};

    #[test]
    fn dates_are_those_of_date_u() {
        let rows = [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_772_323_200, "2026-03-01T00:00:00"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ];
        for (seconds, date) in rows {
            assert_eq!(second(seconds), date);
        }
        assert_eq!(minute(61), "1970-01-01 00:01 UTC");
    }
}
