//! Why a piece of work stopped.

use super::Cause;

/// Why a piece of work stopped, before it is known which revision it is part of.
#[derive(Debug)]
pub struct Stop {
    pub(crate) statement: Option<String>,
    pub(crate) cause: Cause,
    /// Whether a step or a statement has ended the transaction.
    pub(crate) ended: bool,
    /// Whether the connection is lost, and with it what came of this.
    pub(crate) unknown: bool,
    /// Whether all that was done of the revision was taken back, where the database does not do that.
    pub(crate) undone: bool,
    /// Whether some of what failed may stay all the same, so that it is not to be done again.
    pub(crate) in_part: bool,
}

impl Stop {
    pub(crate) fn refused(message: impl Into<String>) -> Stop {
        Cause::Refused(message.into()).into()
    }

    pub(crate) fn at(statement: &str, error: diesel::result::Error) -> Stop {
        Stop { statement: Some(statement.to_owned()), ..error.into() }
    }

    /// A step has ended the transaction that it was called in.
    pub(crate) fn ended_by(step: &str) -> Stop {
        let message = format!(
            "the step `{step}` ended the transaction by COMMIT or ROLLBACK; a step is part of the transaction of its \
             revision, and must leave it open"
        );
        Stop { ended: true, ..Stop::refused(message) }
    }
}

impl From<Cause> for Stop {
    fn from(cause: Cause) -> Stop {
        Stop { statement: None, cause, ended: false, unknown: false, undone: false, in_part: false }
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Stop {
        Cause::Database(error).into()
    }
}
