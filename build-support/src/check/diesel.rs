//! The Diesel schema that `schema!()` takes in.

use std::collections::BTreeMap;

use migratable_core::{Dialect, Schema, TableName};
use migratable_syntax::models::{ModelKind, Scan};

use crate::diesel_schema::{needed_feature, write_schema};
use crate::manifest::{COMMON_COLUMNS, Manifest};

/// The tables with more columns than Diesel takes with the features that the app turns on, and what to do about each.
pub(super) fn too_wide(manifest: &Manifest, scan: &Scan) -> BTreeMap<TableName, String> {
    let Some(diesel) = &manifest.diesel else { return BTreeMap::new() };
    let mut wide = BTreeMap::new();
    for table in scan.schema.tables.values().filter(|it| it.columns.len() > COMMON_COLUMNS && it.primary_key.is_some())
    {
        let count = table.columns.len();
        let message = match needed_feature(count) {
            Some(feature) if diesel.has_feature(feature) => continue,
            Some(feature) => format!(
                "the table `{}` has {count} columns, more than Diesel takes without its feature `{feature}`\n\
                 help: turn it on in Cargo.toml: `{} = {{ .., features = [\"{feature}\"] }}`",
                table.name, diesel.key
            ),
            None => format!(
                "the table `{}` has {count} columns, and Diesel takes at most 128\n\
                 help: move some of them to a table of their own",
                table.name
            ),
        };
        wide.insert(table.name.clone(), message);
    }
    wide
}

/// The text of the schema, without the tables that are too wide.
pub(super) fn schema(
    manifest: &Manifest,
    scan: &Scan,
    dialects: &[Dialect],
    wide: &BTreeMap<TableName, String>,
) -> String {
    let Some(diesel) = &manifest.diesel else {
        return "// This package does not depend on Diesel.\n".to_owned();
    };
    let root = format!("::{}", diesel.name);
    let tables = scan.models.iter().filter_map(|model| match &model.kind {
        ModelKind::Table(table) => Some((table, &model.appear_with)),
        _ => None,
    });
    let together =
        tables.flat_map(|(table, others)| others.iter().map(move |other| (table.clone(), other.clone()))).collect();
    if wide.is_empty() {
        return write_schema(&scan.schema, dialects, &root, &together);
    }
    let mut fitting: Schema = scan.schema.clone();
    fitting.tables.retain(|name, _| !wide.contains_key(name));
    write_schema(&fitting, dialects, &root, &together)
}
