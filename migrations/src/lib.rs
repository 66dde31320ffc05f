//! The revisions of the microblog example.

#[cfg(feature = "revisions")]
migratable::revisions!();
