//! Real databases of every dialect: made, run, filled and read by their own clients, and compared by `migrate diff`.

pub mod client;
pub mod comparison;
pub mod private;
pub mod reader;
pub mod rows;
pub mod session;
