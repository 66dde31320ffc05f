//! The types of other crates, each behind the feature that has the crate's name.

#[cfg(feature = "chrono")]
field_types!(
    chrono::NaiveDate => date,
    chrono::NaiveTime => time,
    chrono::NaiveDateTime => timestamp,
    chrono::TimeDelta => interval,
);

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> crate::FieldType for chrono::DateTime<Zone> {
    type Column = crate::column_types::timestamptz;
}

#[cfg(feature = "time")]
field_types!(
    time::Date => date,
    time::Time => time,
    time::PrimitiveDateTime => timestamp,
    time::OffsetDateTime => timestamptz,
);

#[cfg(feature = "uuid")]
field_types!(uuid::Uuid => uuid);

#[cfg(feature = "serde_json")]
field_types!(serde_json::Value => json);

#[cfg(feature = "bigdecimal")]
field_types!(bigdecimal::BigDecimal => numeric);

#[cfg(feature = "rust_decimal")]
field_types!(rust_decimal::Decimal => numeric);

#[cfg(feature = "ipnetwork")]
field_types!(ipnetwork::IpNetwork => inet);
