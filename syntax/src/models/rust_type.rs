//! Rust types as tokens, and which of them are column types by themselves.

use migratable_core::ColumnType;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericArgument, PathArguments, Type};

use super::scope::Scope;

/// A type, with its path followed through the `use` declarations of its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RustType {
    /// A path, and the types in its angle brackets.
    Path(TypePath, Vec<RustType>),
    /// Anything else, as it is written.
    Other(String),
}

/// A path to a type or module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TypePath {
    pub(super) origin: Origin,
    pub(super) segments: Vec<String>,
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Origin {
    /// At the root of this crate.
    Crate,
    /// In another crate.
    Outside,
    /// Nowhere that this module shows: a name of the prelude, or brought in by a glob.
    Bare,
}

impl TypePath {
    /// The name at the end of the path.
    pub(super) fn name(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }
}

impl std::fmt::Display for TypePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.origin == Origin::Crate {
            f.write_str("crate::")?;
        }
        f.write_str(&self.segments.join("::"))
    }
}

impl RustType {
    /// Reads a type in its module.
    pub(super) fn of(ty: &Type, scope: &Scope) -> RustType {
        match ty {
            Type::Group(group) => RustType::of(&group.elem, scope),
            Type::Paren(paren) => RustType::of(&paren.elem, scope),
            Type::Path(path) if path.qself.is_none() => {
                let arguments = path.path.segments.last().map_or_else(Vec::new, |last| match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => arguments
                        .args
                        .iter()
                        .filter_map(|argument| match argument {
                            GenericArgument::Type(ty) => Some(RustType::of(ty, scope)),
                            _ => None,
                        })
                        .collect(),
                    _ => Vec::new(),
                });
                RustType::Path(TypePath::of(&path.path, scope), arguments)
            }
            other => RustType::Other(text(other)),
        }
    }

    /// The type inside, if this is `Option<..>`.
    pub(super) fn option(&self) -> Option<&RustType> {
        match self {
            RustType::Path(path, arguments) if arguments.len() == 1 && path.is_std("Option") => arguments.first(),
            _ => None,
        }
    }

    /// The type inside, if this is `Vec<..>`.
    pub(super) fn vec(&self) -> Option<&RustType> {
        match self {
            RustType::Path(path, arguments) if arguments.len() == 1 && path.is_std("Vec") => arguments.first(),
            _ => None,
        }
    }

    /// Whether this is `u8`.
    pub(super) fn is_byte(&self) -> bool {
        matches!(self, RustType::Path(path, _) if path.is_std("u8"))
    }
}

impl TypePath {
    /// Reads a path in its module.
    pub(super) fn of(path: &syn::Path, scope: &Scope) -> TypePath {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
        if path.leading_colon.is_some() {
            return TypePath { origin: Origin::Outside, segments };
        }
        scope.follow(segments)
    }

    fn is_std(&self, name: &str) -> bool {
        self.name() == name
            && match self.origin {
                Origin::Bare => true,
                Origin::Outside => matches!(self.segments[0].as_str(), "std" | "core" | "alloc"),
                Origin::Crate => false,
            }
    }

    /// The column type of a type of the language or of a known crate.
    ///
    /// A bare name that nothing else explains may have come in by a glob; the derive asserts that it was read rightly.
    pub(super) fn column_type(&self) -> Option<ColumnType> {
        let name = self.name();
        let from = match self.origin {
            Origin::Crate => return None,
            Origin::Bare => "",
            Origin::Outside => self.segments[0].as_str(),
        };
        let found = match (from, name) {
            ("" | "std" | "core", "i16") => ColumnType::SmallInt,
            ("" | "std" | "core", "i32") => ColumnType::Integer,
            ("" | "std" | "core", "i64") => ColumnType::BigInt,
            ("" | "std" | "core", "f32") => ColumnType::Real,
            ("" | "std" | "core", "f64") => ColumnType::Double,
            ("" | "std" | "core", "bool") => ColumnType::Boolean,
            ("" | "std" | "alloc", "String") => ColumnType::Text,
            ("" | "chrono", "NaiveDate") | ("" | "time", "Date") => ColumnType::Date,
            ("" | "chrono", "NaiveTime") | ("" | "time", "Time") => ColumnType::Time,
            ("" | "chrono", "NaiveDateTime") | ("" | "time", "PrimitiveDateTime") => ColumnType::Timestamp,
            ("" | "chrono", "DateTime") | ("" | "time", "OffsetDateTime") => ColumnType::TimestampTz,
            ("" | "chrono", "Duration" | "TimeDelta") | ("" | "diesel", "PgInterval") => ColumnType::Interval,
            ("" | "uuid", "Uuid") => ColumnType::Uuid,
            ("" | "serde_json", "Value") => ColumnType::Json,
            ("" | "bigdecimal", "BigDecimal") | ("" | "rust_decimal", "Decimal") => ColumnType::Numeric(None),
            ("" | "ipnetwork", "IpNetwork") | ("" | "ipnet", "IpNet") => ColumnType::Inet,
            _ => return None,
        };
        Some(found)
    }

    /// Whether the name always means the type of the language, unless the module itself says otherwise.
    pub(super) fn is_primitive(&self) -> bool {
        self.origin == Origin::Bare
            && matches!(
                self.name(),
                "i16" | "i32" | "i64" | "f32" | "f64" | "bool" | "String" | "Option" | "Vec" | "u8"
            )
    }
}

/// The text of a type as one would write it.
pub(super) fn text(ty: &impl ToTokens) -> String {
    let spaced = ty.to_token_stream().to_string();
    let mut text = String::with_capacity(spaced.len());
    let mut characters = spaced.chars().peekable();
    while let Some(character) = characters.next() {
        let glued = |c: char| matches!(c, '<' | '>' | ':' | ',' | '&' | '[' | ']' | '(' | ')' | ';');
        if character == ' ' {
            let before = text.chars().last();
            let after = characters.peek().copied();
            let kept = matches!(before, Some(',' | ';')) || !(before.is_some_and(glued) || after.is_some_and(glued));
            if kept {
                text.push(' ');
            }
        } else {
            text.push(character);
        }
    }
    text
}
