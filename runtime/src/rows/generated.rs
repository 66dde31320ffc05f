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

/// The labels of an enum, by which its values stand in text.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_labels {
    ($name:ident $in_database:literal; $($variant:ident = $label:literal,)*) => {
        impl $name {
            /// What stands in the database.
            pub fn label(&self) -> &'static str {
                match *self {
                    $($name::$variant => $label,)*
                }
            }
        }

        impl<DB: $crate::diesel::backend::Backend>
            $crate::diesel::deserialize::FromSql<$crate::diesel::sql_types::Text, DB> for $name
        where
            ::std::string::String: $crate::diesel::deserialize::FromSql<$crate::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> $crate::diesel::deserialize::Result<Self> {
                let label = <::std::string::String as $crate::diesel::deserialize::FromSql<
                    $crate::diesel::sql_types::Text,
                    DB,
                >>::from_sql(bytes)?;
                match label.as_str() {
                    $($label => ::core::result::Result::Ok($name::$variant),)*
                    other => ::core::result::Result::Err($crate::rows::no_value($in_database, other)),
                }
            }
        }

        impl<DB: $crate::diesel::backend::Backend>
            $crate::diesel::serialize::ToSql<$crate::diesel::sql_types::Text, DB> for $name
        where
            str: $crate::diesel::serialize::ToSql<$crate::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut $crate::diesel::serialize::Output<'b, '_, DB>,
            ) -> $crate::diesel::serialize::Result {
                $crate::diesel::serialize::ToSql::<$crate::diesel::sql_types::Text, DB>::to_sql(self.label(), out)
            }
        }
    };
}

/// The values of an enum in columns of a SQL type of its own, which holds their labels.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_values {
    ($name:ident = $sql_type:ty) => {
        $crate::on_sqlite! { $crate::enum_values! { @on $crate::diesel::sqlite::Sqlite, $name, $sql_type } }
        $crate::on_postgres! { $crate::enum_values! { @on $crate::diesel::pg::Pg, $name, $sql_type } }
        $crate::on_mysql! { $crate::enum_values! { @on $crate::diesel::mysql::Mysql, $name, $sql_type } }
    };
    (@on $backend:ty, $name:ident, $sql_type:ty) => {
        impl $crate::diesel::deserialize::FromSql<$sql_type, $backend> for $name {
            fn from_sql(
                bytes: <$backend as $crate::diesel::backend::Backend>::RawValue<'_>,
            ) -> $crate::diesel::deserialize::Result<Self> {
                <$name as $crate::diesel::deserialize::FromSql<$crate::diesel::sql_types::Text, $backend>>::from_sql(
                    bytes,
                )
            }
        }

        impl $crate::diesel::serialize::ToSql<$sql_type, $backend> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut $crate::diesel::serialize::Output<'b, '_, $backend>,
            ) -> $crate::diesel::serialize::Result {
                <$name as $crate::diesel::serialize::ToSql<$crate::diesel::sql_types::Text, $backend>>::to_sql(
                    self, out,
                )
            }
        }
    };
}

/// The same where a connection may be to several kinds of databases.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_values_of_any {
    ($name:ident = $sql_type:ty) => {
        impl $crate::diesel::deserialize::FromSql<$sql_type, $crate::rows::AnyBackend> for $name {
            fn from_sql(
                bytes: <$crate::rows::AnyBackend as $crate::diesel::backend::Backend>::RawValue<'_>,
            ) -> $crate::diesel::deserialize::Result<Self> {
                bytes.from_sql::<$name, $sql_type>()
            }
        }

        impl $crate::diesel::serialize::ToSql<$sql_type, $crate::rows::AnyBackend> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut $crate::diesel::serialize::Output<'b, '_, $crate::rows::AnyBackend>,
            ) -> $crate::diesel::serialize::Result {
                out.set_value((<$sql_type as ::core::default::Default>::default(), self));
                ::core::result::Result::Ok($crate::diesel::serialize::IsNull::No)
            }
        }
    };
}

/// A SQL type that all kinds of databases of a connection know.
#[doc(hidden)]
#[macro_export]
macro_rules! type_of_any {
    ($sql_type:ident) => {
        impl $crate::diesel::sql_types::HasSqlType<$sql_type> for $crate::rows::AnyBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql_type>(lookup)
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
