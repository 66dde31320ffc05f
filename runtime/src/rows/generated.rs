//! What the generated code of rows is written in.

/// The way of a `Row` out of a database: the fields with their places, their types and Diesel's types.
#[doc(hidden)]
#[macro_export]
macro_rules! read_row {
    ($backend:ty; $($at:literal $field:ident: $rust:ty = $sql:ty,)*) => {
        impl $crate::rows::ReadRow<$backend> for Row {
            fn read<'a>(
                row: &impl $crate::diesel::row::Row<'a, $backend>,
            ) -> $crate::diesel::deserialize::Result<Self> {
                ::core::result::Result::Ok(Row {
                    $($field: $crate::rows::value::<$sql, $rust, $backend>(row, $at)?,)*
                })
            }
        }
    };
}

/// The way of a `Row` into a database: the fields with their places, their types and Diesel's types.
#[doc(hidden)]
#[macro_export]
macro_rules! write_row {
    ($backend:ty; $($at:literal $field:ident: $rust:ty = $sql:ty,)*) => {
        impl $crate::rows::WriteRow<$backend> for Row {
            fn bind<'b>(
                &'b self,
                field: usize,
                mut out: $crate::diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> $crate::diesel::QueryResult<()> {
                match field {
                    $($at => out.push_bind_param::<$sql, $rust>(&self.$field),)*
                    _ => ::core::result::Result::Err($crate::rows::no_field(field)),
                }
            }
        }
    };
}

/// What is generated for SQLite, where this build has it.
#[cfg(feature = "sqlite")]
#[doc(hidden)]
#[macro_export]
macro_rules! on_sqlite {
    ($($code:tt)*) => { $($code)* };
}

/// What is generated for SQLite, where this build has it.
#[cfg(not(feature = "sqlite"))]
#[doc(hidden)]
#[macro_export]
macro_rules! on_sqlite {
    ($($code:tt)*) => {};
}

/// What is generated for PostgreSQL, where this build has it.
#[cfg(feature = "postgres")]
#[doc(hidden)]
#[macro_export]
macro_rules! on_postgres {
    ($($code:tt)*) => { $($code)* };
}

/// What is generated for PostgreSQL, where this build has it.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
#[macro_export]
macro_rules! on_postgres {
    ($($code:tt)*) => {};
}

/// What is generated for MySQL, where this build has it.
#[cfg(feature = "mysql")]
#[doc(hidden)]
#[macro_export]
macro_rules! on_mysql {
    ($($code:tt)*) => { $($code)* };
}

/// What is generated for MySQL, where this build has it.
#[cfg(not(feature = "mysql"))]
#[doc(hidden)]
#[macro_export]
macro_rules! on_mysql {
    ($($code:tt)*) => {};
}
