//! What a case is: an attribute, the change to the models that brings it, and what must follow.

/// An attribute and what it does.
pub struct Case {
    /// The item that it stands on and its name, as in the list of all.
    pub attribute: &'static str,
    /// What stands once in the models.
    pub from: &'static str,
    /// What stands there with the attribute.
    pub to: &'static str,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows from an attribute.
pub enum Outcome {
    /// It comes to all three places.
    Reaches {
        /// A text that the lock has then, and did not have before.
        lock: &'static str,
        /// What SQLite gets of it.
        ddl: Ddl,
        /// A part of what the build says.
        drift: &'static str,
    },
    /// SQLite cannot hold it; a part of the message.
    Refused(&'static str),
}

/// What SQLite gets of an attribute.
pub enum Ddl {
    /// A text in its DDL.
    Has(&'static str),
    /// Nothing, by design.
    LeavesOut {
        /// What does not stand in the DDL, in lower case.
        word: &'static str,
        /// Why nobody loses by it.
        #[allow(dead_code, reason = "said for the reader")]
        reason: &'static str,
    },
}

/// A case.
pub const fn case(attribute: &'static str, from: &'static str, to: &'static str, outcome: Outcome) -> Case {
    Case { attribute, from, to, outcome }
}

/// It comes to the lock, the DDL and the drift.
pub const fn reaches(lock: &'static str, ddl: &'static str, drift: &'static str) -> Outcome {
    Outcome::Reaches { lock, ddl: Ddl::Has(ddl), drift }
}

/// It comes to the lock and the drift, and SQLite does without it.
pub const fn left_out(lock: &'static str, word: &'static str, reason: &'static str, drift: &'static str) -> Outcome {
    Outcome::Reaches { lock, ddl: Ddl::LeavesOut { word, reason }, drift }
}
