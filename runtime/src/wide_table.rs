//! `table!` for the tables of data steps that have more columns than Diesel takes without a feature.
//!
//! The generated code says what is to be done in the first literal; it becomes the error if the feature is off.

/// A table of 33 to 64 columns.
#[cfg(feature = "64-column-tables")]
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_64 {
    ($message:literal $($table:tt)*) => { $crate::diesel::table! { $($table)* } };
}

/// A table of 33 to 64 columns.
#[cfg(not(feature = "64-column-tables"))]
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_64 {
    ($message:literal $($table:tt)*) => {
        ::core::compile_error!($message);
    };
}

/// A table of 65 to 128 columns.
#[cfg(feature = "128-column-tables")]
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_128 {
    ($message:literal $($table:tt)*) => { $crate::diesel::table! { $($table)* } };
}

/// A table of 65 to 128 columns.
#[cfg(not(feature = "128-column-tables"))]
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_128 {
    ($message:literal $($table:tt)*) => {
        ::core::compile_error!($message);
    };
}
