//! How many rows are one batch.

use std::time::Duration;

use super::{Batches, RowWork};

/// How much is one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSettings {
    /// How many rows are one batch. If it is not set, as many as take about a quarter of a second.
    pub size: Option<u64>,
    /// How long it is waited between two batches, for the others who use the database.
    pub pause: Option<Duration>,
}

/// The rows that a table may have to be done in one go, if the size of a batch is not set.
const FEW: u64 = 10_000;

impl BatchSettings {
    /// Nothing is set.
    pub const USUAL: BatchSettings = BatchSettings { size: None, pause: None };

    /// How long it is waited behind a batch that leaves others so much time for themselves.
    pub(crate) fn rest(&self, leaves: Duration) -> Option<Duration> {
        self.pause.max(Some(leaves)).filter(|it| !it.is_zero())
    }

    /// How many rows a table may have to be done in one go.
    pub(crate) fn few(&self) -> u64 {
        self.size.unwrap_or(FEW)
    }
}

/// How many rows the next batch has: as many as take a quarter of a second.
pub(crate) struct Size {
    pub(crate) rows: u64,
    most: u64,
    is_fixed: bool,
}

impl Size {
    const TARGET: Duration = Duration::from_millis(250);

    pub(crate) fn of(batches: &Batches, settings: &BatchSettings) -> Size {
        // Rows that a function maps are held in memory.
        let most = if matches!(batches.of, RowWork::Map { .. }) { 5_000 } else { 500_000 };
        match settings.size {
            Some(size) => Size { rows: size.max(1), most: size.max(1), is_fixed: true },
            // The first ones may be wide.
            None => Size { rows: most.min(100_000) / 100, most, is_fixed: false },
        }
    }

    /// Learns from a batch of this size.
    pub(crate) fn learn(&mut self, took: Duration) {
        if self.is_fixed {
            self.rows = self.rows.saturating_mul(2).min(self.most);
            return;
        }
        let ratio = Self::TARGET.as_secs_f64() / took.as_secs_f64().max(0.001);
        // Never more than twice at once: what was fast may have been in memory.
        let next = self.rows as f64 * ratio.clamp(0.25, 2.0);
        self.rows = (next as u64).clamp(100.min(self.rows * 2), self.most);
    }

    /// Makes the next batch of no fewer rows than these.
    pub(crate) fn grow_to(&mut self, rows: u64) {
        self.rows = self.rows.max(rows);
        self.most = self.most.max(rows);
    }

    /// Makes the next batch smaller, if it has more than one row.
    pub(crate) fn halve(&mut self) -> bool {
        let is_more = self.rows > 1;
        self.rows = (self.rows / 2).max(1);
        is_more
    }

    /// Whether the next batch is a single row.
    pub(crate) fn is_single(&self) -> bool {
        self.rows == 1
    }
}
