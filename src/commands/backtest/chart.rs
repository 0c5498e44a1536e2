//! A small chart of counts by day for the terminal: a column is a day, or some days where there are many.

use std::fmt;

use jiff::civil::Date;

/// The most columns.
const COLUMNS: i64 = 60;
/// By height; nothing is a dot, so that each column is seen.
const BLOCKS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Counts by day.
pub(super) struct Chart {
    first: Date,
    last: Date,
    /// Days to a column.
    days: i64,
    columns: Vec<u64>,
}

impl Chart {
    /// From the first day to the last, which are in order; none where there is no day.
    pub(super) fn of(days: &[(Date, u64)]) -> Option<Self> {
        let ((first, _), (last, _)) = (*days.first()?, *days.last()?);
        let day = |date: Date| i64::from(first.until(date).map_or(0, |span| span.get_days()));
        let all = day(last) + 1;
        let width = (all + COLUMNS - 1) / COLUMNS;
        let mut columns = vec![0; ((all + width - 1) / width) as usize];
        for (date, count) in days {
            columns[(day(*date) / width) as usize] += count;
        }
        Some(Self { first, last, days: width, columns })
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.columns.iter().copied().max().unwrap_or(0);
        for count in &self.columns {
            let height = (count * 8).div_ceil(most.max(1));
            write!(formatter, "{}", BLOCKS[height as usize])?;
        }
        let column = if self.days == 1 { "a day".to_owned() } else { format!("in {} days", self.days) };
        match self.first == self.last {
            true => write!(formatter, "  {}, {most}", self.first),
            false => write!(formatter, "  {} to {}, at most {most} {column}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(days: &[(&str, u64)]) -> String {
        let days: Vec<_> = days.iter().map(|(day, count)| (day.parse().unwrap(), *count)).collect();
        Chart::of(&days).unwrap().to_string()
    }

    #[test]
    fn a_column_is_a_day_and_many_days_share_one() {
        assert!(Chart::of(&[]).is_none());
        assert_eq!(chart(&[("2026-03-01", 3)]), "█  2026-03-01, 3");
        let days = [("2026-02-27", 1), ("2026-03-01", 8), ("2026-03-02", 4), ("2026-03-03", 0)];
        assert_eq!(chart(&days), "▁·█▄·  2026-02-27 to 2026-03-03, at most 8 a day");
        let years = chart(&[("2020-01-01", 5), ("2020-01-02", 5), ("2026-01-01", 1)]);
        assert!(
            years.starts_with("█·") && years.ends_with("·▁  2020-01-01 to 2026-01-01, at most 10 in 37 days"),
            "{years}"
        );
        assert!(years.chars().position(|character| character == ' ').unwrap() <= 60);
        assert!(chart(&[("0001-01-01", 1), ("9999-12-31", 1)]).contains("at most 1 in "));
    }
}
