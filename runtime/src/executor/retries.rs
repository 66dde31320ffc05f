//! Trying again what has waited too long for others, or stood in their way and was stopped for it.

use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::event::{Event, Observer};
use crate::settings::Settings;

/// How often it is tried again if nothing else is set.
const USUAL: u32 = 3;
/// How long it is waited before that; then twice as long each time, but not longer than the other.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The tries of one thing.
pub(super) struct Retries {
    made: u32,
    of: u32,
}

impl Retries {
    pub(super) fn new(settings: &Settings) -> Retries {
        Retries { made: 0, of: settings.retries.unwrap_or(USUAL) }
    }

    /// Waits before the next try; gives back whether there is one.
    pub(super) fn wait(&mut self, revision: &str, error: &Error, observer: Observer<'_>) -> bool {
        if self.made == self.of {
            return false;
        }
        let pause = pause(self.made);
        self.made += 1;
        let error = error.to_string();
        observer.tell(&Event::Retries { revision, error: &error, number: self.made, of: self.of, pause });
        thread::sleep(pause);
        true
    }
}

fn pause(made: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(made)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let milliseconds: Vec<u128> = (0..8).map(|made| pause(made).as_millis()).collect();
        assert_eq!(milliseconds, [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
