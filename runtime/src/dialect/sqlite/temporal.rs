//! Dates and times in one another's form. All are text, but Diesel reads each type only in forms of its own.

use migratable_core::{ColumnType, Dialect};

/// A date alone.
const DATE: &str = "*-[0-9][0-9]-[0-9][0-9]";
/// A date and a time.
const MOMENT: &str = "*-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]*";
/// Something that ends with how far it is from UTC.
const OFFSET: &str = "*[+-][0-9][0-9]:[0-9][0-9]";

/// A type that has a date in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Timestamp,
    TimestampTz,
}

impl Kind {
    fn of(column_type: &ColumnType) -> Option<Kind> {
        match column_type.on(Dialect::Sqlite) {
            ColumnType::Date => Some(Kind::Date),
            ColumnType::Timestamp => Some(Kind::Timestamp),
            ColumnType::TimestampTz => Some(Kind::TimestampTz),
            _ => None,
        }
    }
}

/// From one form to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    from: Kind,
    to: Kind,
    /// Whether times may be lost with the step to a date.
    may_lose: bool,
}

impl Change {
    /// The change from a type to another one, if both have a date in them.
    pub(super) fn between(from: &ColumnType, to: &ColumnType, may_lose: bool) -> Option<Change> {
        let (from, to) = (Kind::of(from)?, Kind::of(to)?);
        (from != to).then_some(Change { from, to, may_lose })
    }

    /// The value in the new form. What is in no form that Diesel reads stays as it is.
    pub(super) fn sql(self, value: &str) -> String {
        match (self.from, self.to) {
            (_, Kind::Date) => over(&self.local(value), &date()),
            (Kind::TimestampTz, Kind::Timestamp) => self.local(value),
            (_, Kind::TimestampTz) => over(value, &with_offset()),
            (_, Kind::Timestamp) => over(value, &format!("CASE WHEN v GLOB '{DATE}' THEN v || ' 00:00:00' ELSE v END")),
        }
    }

    /// SQL that is true of a value that has more in it than the new form can hold; nothing if there is none.
    pub(super) fn loses(self, value: &str) -> Option<String> {
        if self.to != Kind::Date || self.may_lose {
            return None;
        }
        let midnight = format!(
            "CASE WHEN v GLOB '{MOMENT}' THEN trim(substr(v, instr(v, ':') - 2), '0:.Z+') = '' \
             WHEN v GLOB '{DATE}' THEN date(v) IS NOT NULL ELSE strftime('%H:%M:%f', v) IS '00:00:00.000' END"
        );
        Some(format!("NOT {}", over(&self.local(value), &midnight)))
    }

    /// The value as it is in UTC, without saying so.
    fn local(self, value: &str) -> String {
        if self.from == Kind::TimestampTz { over(value, &without_offset()) } else { value.to_owned() }
    }
}

/// An expression over `v`, which is the value.
fn over(value: &str, expression: &str) -> String {
    format!("(SELECT {expression} FROM (SELECT {value} AS v))")
}

fn date() -> String {
    format!(
        "CASE WHEN v GLOB '{MOMENT}' THEN substr(v, 1, instr(v, ':') - 4) WHEN v GLOB '{DATE}' THEN v \
         ELSE coalesce(date(v), v) END"
    )
}

fn with_offset() -> String {
    format!(
        "CASE WHEN v GLOB '{DATE}' THEN v || ' 00:00:00+00:00' WHEN v GLOB '*Z' OR v GLOB '{OFFSET}' THEN v \
         WHEN v GLOB '{MOMENT}' THEN v || '+00:00' ELSE v END"
    )
}

/// The fraction of the second is set aside: SQLite would round it.
fn without_offset() -> String {
    format!(
        "CASE WHEN v GLOB '{DATE}' THEN v || ' 00:00:00' WHEN v GLOB '{MOMENT}Z' THEN substr(v, 1, length(v) - 1) \
         WHEN v GLOB '*+00:00' THEN substr(v, 1, length(v) - 6) \
         WHEN v GLOB '*.{OFFSET}' THEN coalesce(datetime(substr(v, 1, instr(v, '.') - 1) || substr(v, -6)) \
         || substr(v, instr(v, '.'), length(v) - 5 - instr(v, '.')), v) \
         WHEN v GLOB '{OFFSET}' THEN coalesce(datetime(v), v) ELSE v END"
    )
}
