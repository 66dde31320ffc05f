//! Cases drawn at random, each by a number of its own, so that one that went wrong can be drawn again.

use std::env;
use std::hash::{BuildHasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// Which cases are drawn.
///
/// Usually the same ones each time, so that nobody's change fails by what was always there. `MIGRATABLE_RANDOM_CASES=5000`
/// draws as many new ones, `MIGRATABLE_RANDOM_SEED=17` the one of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    first: u64,
    /// How many cases there are.
    pub cases: u32,
    /// Whether there are as many as usual, so that they say something together.
    pub are_many: bool,
}

impl Draws {
    /// What the environment asks for, else so many.
    ///
    /// # Panics
    /// If it asks for what is no number.
    pub fn asked(usual: u32) -> Draws {
        let number = |variable: &str| {
            let text = env::var(variable).ok()?;
            Some(text.parse::<u32>().unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
        };
        let (first, cases) = match (number("MIGRATABLE_RANDOM_SEED"), number("MIGRATABLE_RANDOM_CASES")) {
            (None, None) => (0, usual),
            (None, Some(cases)) => (RandomState::new().hash_one(cases) >> 32, cases),
            (Some(first), cases) => (first.into(), cases.unwrap_or(1)),
        };
        Draws { first, cases, are_many: cases >= usual }
    }

    /// Draws the cases and tries each; those that the test rejects come on top.
    ///
    /// # Errors
    /// What the first one that fails said once it was made as simple as could be, and how it is drawn again.
    pub fn each<S: Strategy>(
        self,
        cases: &S,
        max_shrink_iters: u32,
        test: impl Fn(S::Value) -> TestCaseResult,
    ) -> Result<(), String> {
        for number in (self.first..).take(self.cases as usize) {
            let config = Config {
                cases: 1,
                max_global_rejects: 1000,
                failure_persistence: None,
                max_shrink_iters,
                max_shrink_time: 60_000,
                ..Config::default()
            };
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&number.to_le_bytes());
            let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
            runner.run(cases, &test).map_err(|failed| {
                let text = failed.to_string();
                let said = text.split("minimal failing input").next().unwrap_or(&text);
                format!("MIGRATABLE_RANDOM_SEED={number} draws it again:\n{said}")
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::test_runner::TestCaseError;

    use super::*;

    fn seen(draws: Draws, wrong: impl Fn(u32) -> bool) -> (Vec<u32>, Result<(), String>) {
        let seen = RefCell::new(Vec::new());
        let result = draws.each(&(0..1_000_000_u32), 0, |value| {
            seen.borrow_mut().push(value);
            if wrong(value) { Err(TestCaseError::fail(format!("saw {value}"))) } else { Ok(()) }
        });
        (seen.into_inner(), result)
    }

    #[test]
    fn a_case_that_failed_is_drawn_again_by_the_number_that_is_named() {
        let (all, result) = seen(Draws { first: 40, cases: 20, are_many: true }, |_| false);
        assert_eq!((all.len(), result), (20, Ok(())));
        let (some, result) = seen(Draws { first: 40, cases: 20, are_many: true }, |value| value == all[12]);
        assert_eq!(some, all[..=12]);
        let said = result.unwrap_err();
        assert!(said.starts_with("MIGRATABLE_RANDOM_SEED=52 draws it again:\n"), "{said}");
        assert!(said.contains(&format!("saw {}", all[12])), "{said}");
        assert_eq!(seen(Draws { first: 52, cases: 1, are_many: false }, |_| false).0, [all[12]]);
    }

    #[test]
    fn cases_that_are_rejected_come_on_top() {
        let seen = RefCell::new(0);
        let result = Draws { first: 0, cases: 10, are_many: true }.each(&(0..10_u32), 0, |value| {
            *seen.borrow_mut() += 1;
            if value < 5 { Err(TestCaseError::reject("too small")) } else { Ok(()) }
        });
        assert_eq!(result, Ok(()));
        assert!(seen.into_inner() > 10);
    }
}
