//! How many noted rows are left to do, while others write more of them.

/// How many noted rows are few enough to be left for the pass that keeps others away.
pub(super) const FEW: u64 = 500;

/// How many passes may leave about as many as the best one before them: others write as fast as they are followed.
const MOST_IN_VAIN: u32 = 3;

/// The noted rows that are left.
#[derive(Default)]
pub(super) struct Backlog {
    /// How many of them belong to the pass that goes on.
    ahead: u64,
    /// The fewest that a pass has left.
    fewest: Option<u64>,
    /// How many passes have left no fewer since.
    in_vain: u32,
}

impl Backlog {
    /// Takes in how many were done; gives whether the pass is over.
    pub(super) fn takes(&mut self, done: u64) -> bool {
        self.ahead = self.ahead.saturating_sub(done);
        self.ahead == 0
    }

    /// Takes in how many a pass has left; gives whether they are to be done while others are kept away.
    pub(super) fn leaves(&mut self, left: u64) -> bool {
        self.ahead = left;
        if self.fewest.is_none_or(|fewest| left < fewest - fewest / 10) {
            self.fewest = Some(left);
            self.in_vain = 0;
        } else {
            self.in_vain += 1;
        }
        left < FEW || self.in_vain == MOST_IN_VAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_kept_away_when_few_are_left_or_it_does_not_help_to_go_on() {
        for (left, passes) in [
            (&[499][..], 1),
            (&[300_000, 200_000, 90_000, 4_000, 20], 5),
            (&[300_000, 310_000, 290_000, 280_000], 4),
            (&[9_000, 9_000, 8_000, 8_000, 7_900, 7_300], 6),
        ] {
            let mut backlog = Backlog::default();
            let over = left.iter().position(|left| backlog.leaves(*left)).map(|at| at + 1);
            assert_eq!(over, Some(passes), "{left:?}");
        }
        let mut backlog = Backlog::default();
        assert!(backlog.takes(500) && !backlog.leaves(1_200));
        assert_eq!([500, 500, 500].map(|done| backlog.takes(done)), [false, false, true]);
    }
}
