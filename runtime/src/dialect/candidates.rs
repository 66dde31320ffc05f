//! Values that conditions may let pass: those that they speak of, and those beside them.

use std::collections::BTreeSet;

/// The longest text that is tried.
const LONGEST: i64 = 255;

/// What stands in conditions.
pub(crate) struct Literals {
    texts: Vec<String>,
    numbers: BTreeSet<i64>,
}

impl Literals {
    /// Reads the texts and whole numbers in conditions.
    pub(crate) fn of<'c>(conditions: impl IntoIterator<Item = &'c str>) -> Literals {
        let mut literals = Literals { texts: Vec::new(), numbers: BTreeSet::from([1]) };
        conditions.into_iter().for_each(|condition| literals.read(condition));
        literals
    }

    fn read(&mut self, condition: &str) {
        for (at, part) in condition.replace("''", "\u{0}").split('\'').enumerate() {
            if at % 2 == 1 {
                let text = part.replace('\u{0}', "'");
                self.numbers.extend(text.parse::<i64>());
                self.texts.push(text);
                continue;
            }
            let words = part.split(|it: char| !(it.is_alphanumeric() || it == '_'));
            self.numbers.extend(words.filter_map(|word| word.parse::<i64>().ok()));
        }
    }

    /// The numbers, and those beside them, as far as they are no larger than the limit.
    pub(crate) fn numbers(&self, limit: i64) -> impl Iterator<Item = i64> {
        let around = self.numbers.iter().flat_map(|&it| [it, it.saturating_add(1), it.saturating_sub(1)]);
        let around: Vec<i64> = around.filter(|it| it.unsigned_abs() <= limit.unsigned_abs()).collect();
        let mut seen = BTreeSet::new();
        around.into_iter().filter(move |it| seen.insert(*it))
    }

    /// The texts, and some as long as the numbers say.
    pub(crate) fn texts(self) -> impl Iterator<Item = String> {
        let lengths: BTreeSet<i64> = self.numbers.iter().flat_map(|&it| [it, it.saturating_add(1)]).collect();
        let lengths = lengths.into_iter().filter(|it| (1..=LONGEST).contains(it));
        self.texts.into_iter().chain(lengths.map(|it| "x".repeat(usize::try_from(it).unwrap_or_default())))
    }
}
