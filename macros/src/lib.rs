//! The macros of Migratable: `#[derive(Migratable)]`, and those of applications and revision files.
//!
//! None of them looks at anything but its own tokens and what the build script left in `OUT_DIR`.

#![deny(missing_docs)]

mod build_output;
mod derive;
mod operations;
mod report;
mod revision;
mod revisions;
mod schema;

use proc_macro::TokenStream;

/// Makes a struct a table, an enum a database enum, or a newtype a type for columns.
///
/// The attributes are `#[migratable(..)]`; of Diesel's, those that say something about the table are honoured. A
/// model that has changed since its last revision does not compile: the error stands at the field.
#[proc_macro_derive(Migratable, attributes(diesel, migratable))]
pub fn derive_migratable(item: TokenStream) -> TokenStream {
    derive::derive(item.into()).into()
}

/// Takes in the Diesel schema of the package's models as `crate::schema`: `migratable::schema!();`.
#[proc_macro]
pub fn schema(arguments: TokenStream) -> TokenStream {
    schema::schema(arguments.into()).into()
}

/// Stands above `upgrade` and `downgrade` of a revision, and shows what is wrong in them at its place.
#[proc_macro_attribute]
pub fn operations(attribute: TokenStream, item: TokenStream) -> TokenStream {
    operations::expand(attribute.into(), item.into()).into()
}

/// Says which revision a file is, and what it follows: `revision!("3f2a9c41d0b7", after = ["1b2c3d4e5f60"]);`
#[proc_macro]
pub fn revision(input: TokenStream) -> TokenStream {
    revision::expand(input.into()).into()
}

/// Takes the revisions in `versions/` into the migrations package: `migratable::revisions!();`
#[proc_macro]
pub fn revisions(input: TokenStream) -> TokenStream {
    revisions::expand(input.into()).into()
}
