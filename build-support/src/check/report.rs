//! What was found, brought to the place where it is reported.

use std::collections::BTreeMap;
use std::path::Path;

use migratable_core::TableName;
use migratable_core::diff::{Drift, Place as DriftPlace};
use migratable_syntax::findings::{self, ColumnOf, Finding, ModelFindings, PackageFindings, Place, models_file};
use migratable_syntax::models::{ModelKind, Reporter, Scan, ScanError, ScannedModel};

/// The findings of every model, and of the package.
pub(super) struct Report<'a> {
    manifest_dir: &'a Path,
    models: Vec<Entry>,
    tables: BTreeMap<&'a TableName, usize>,
    enums: BTreeMap<&'a str, usize>,
    scan: &'a Scan,
    /// What concerns the package.
    pub(super) package: PackageFindings,
}

struct Entry {
    file: String,
    line: usize,
    findings: ModelFindings,
}

impl<'a> Report<'a> {
    pub(super) fn new(manifest_dir: &'a Path, scan: &'a Scan) -> Report<'a> {
        let mut report = Report {
            manifest_dir,
            models: Vec::with_capacity(scan.models.len()),
            tables: BTreeMap::new(),
            enums: BTreeMap::new(),
            scan,
            package: PackageFindings::default(),
        };
        let mut files: BTreeMap<&Path, String> = BTreeMap::new();
        for (at, model) in scan.models.iter().enumerate() {
            let file = files.entry(&model.file).or_insert_with(|| models_file(manifest_dir, &model.file)).clone();
            let mut findings = ModelFindings { name: model.name.clone(), ..ModelFindings::default() };
            match &model.kind {
                ModelKind::Table(name) => {
                    report.tables.insert(name, at);
                    findings.table = Some(name.to_string());
                    findings.columns = report.columns(model, Some(name));
                }
                ModelKind::Enum(name) => {
                    report.enums.insert(name, at);
                }
                ModelKind::Newtype(column_type) => {
                    findings.columns = vec![ColumnOf { column_type: column_type.to_string(), ..ColumnOf::default() }];
                }
                ModelKind::Embedded => findings.columns = report.columns(model, None),
            }
            report.models.push(Entry { file, line: model.line, findings });
        }
        report
    }

    /// The columns of a model, in the order of its fields.
    fn columns(&self, model: &ScannedModel, table: Option<&TableName>) -> Vec<ColumnOf> {
        let table = table.and_then(|name| self.scan.schema.table(name));
        let mut columns = Vec::with_capacity(model.fields.len());
        for field in model.fields.iter().filter(|field| !field.skip) {
            if field.embed.is_empty() {
                columns.push(ColumnOf {
                    field: field.name.clone(),
                    name: field.column.clone(),
                    column_type: field.column_type.to_string(),
                    nullable: field.nullable,
                    asserted: field.asserted,
                });
            }
            for column in field.embed.iter().filter_map(|name| table?.find(name)) {
                columns.push(ColumnOf {
                    field: String::new(),
                    name: column.name.clone(),
                    column_type: column.column_type.to_string(),
                    nullable: column.nullable,
                    asserted: false,
                });
            }
        }
        columns
    }

    /// Takes in what was found for another database. Enums and the like are of all databases.
    pub(super) fn absorb(&mut self, other: Report<'_>) {
        for entry in other.models {
            let is_same = |it: &&mut Entry| {
                it.file == entry.file && it.line == entry.line && it.findings.name == entry.findings.name
            };
            match self.models.iter_mut().find(is_same) {
                Some(own) => absorb(&mut own.findings.findings, entry.findings.findings),
                None => self.models.push(entry),
            }
        }
        absorb(&mut self.package.findings, other.package.findings);
        self.package.incomplete |= other.package.incomplete;
    }

    /// Something that concerns the package.
    pub(super) fn package(&mut self, message: String) {
        self.package.findings.push(Finding { place: Place::Item, message, warning: false });
    }

    /// Something that concerns the model of a table.
    pub(super) fn table(&mut self, table: &TableName, finding: Finding) {
        match self.tables.get(table) {
            Some(at) => self.models[*at].findings.findings.push(finding),
            None => self.package.findings.push(finding),
        }
    }

    /// A mistake that the scan has found.
    pub(super) fn scan_error(&mut self, error: &ScanError) {
        let Some(item) = &error.item else {
            let path = findings::relative(self.manifest_dir, &error.file);
            return self.package(format!("{path}:{}:{}: {}", error.line, error.column, error.message));
        };
        let file = models_file(self.manifest_dir, &error.file);
        let place = error.field.clone().map_or(Place::Item, Place::Field);
        let finding = Finding { place, message: error.message.clone(), warning: false };
        let same_name = self.models.iter_mut().filter(|entry| entry.file == file && entry.findings.name == *item);
        match same_name.min_by_key(|entry| entry.line.abs_diff(error.line)) {
            Some(entry) => entry.findings.findings.push(finding),
            None => {
                let name = item.clone();
                let findings = ModelFindings { name, findings: vec![finding], ..ModelFindings::default() };
                self.models.push(Entry { file, line: error.line, findings });
            }
        }
    }

    /// A difference from the lock. Of a model that is wrong only that is said.
    pub(super) fn drift(&mut self, drift: &Drift, message: &str, warning: bool) {
        let model = self.tables.get(&drift.table).map(|at| &self.scan.models[*at]);
        let is_wrong = |model: &ScannedModel| {
            self.scan.errors.iter().any(|it| it.item.as_ref() == Some(&model.name) && it.file == model.file)
        };
        if model.is_some_and(is_wrong) {
            return;
        }
        let finding = |place: Place| Finding { place, message: message.to_owned(), warning };
        match &drift.place {
            DriftPlace::Table => self.table(&drift.table, finding(Place::Item)),
            DriftPlace::Column(column) => {
                let place = self.field(&drift.table, column).map_or(Place::Item, Place::Field);
                self.table(&drift.table, finding(place));
            }
            DriftPlace::Enum(name) => match self.enums.get(name.as_str()) {
                Some(at) => self.models[*at].findings.findings.push(finding(Place::Item)),
                None => self.package.findings.push(finding(Place::Item)),
            },
            DriftPlace::DroppedTable | DriftPlace::DroppedEnum(_) => self.package.findings.push(finding(Place::Item)),
        }
    }

    /// The field of a column.
    fn field(&self, table: &TableName, column: &str) -> Option<String> {
        let model = &self.scan.models[*self.tables.get(table)?];
        let has = |names: &[String]| names.iter().any(|name| name == column);
        model.fields.iter().find(|field| field.column == column || has(&field.embed)).map(|field| field.name.clone())
    }

    /// Leaves what concerns the package to code that every build compiles: `schema!()`, else a model. Gives back what
    /// neither can report.
    pub(super) fn place_package_findings(&mut self) -> Vec<String> {
        if self.package.findings.is_empty() || self.scan.reporter == Some(Reporter::Schema) {
            return Vec::new();
        }
        let findings = std::mem::take(&mut self.package.findings);
        match self.reporting_model() {
            Some(model) => {
                model.findings.findings.extend(findings);
                Vec::new()
            }
            None => findings.into_iter().map(|finding| finding.message).collect(),
        }
    }

    fn reporting_model(&mut self) -> Option<&mut Entry> {
        let Some(Reporter::Model { file, line }) = &self.scan.reporter else { return None };
        let file = models_file(self.manifest_dir, file);
        self.models.iter_mut().find(|entry| entry.file == file && entry.line == *line)
    }

    /// The findings of the models by file.
    pub(super) fn models(self) -> BTreeMap<String, Vec<ModelFindings>> {
        let mut files: BTreeMap<String, Vec<ModelFindings>> = BTreeMap::new();
        for Entry { file, line, mut findings } in self.models {
            let others = files.entry(file).or_default();
            // Lines change with every edit, so they are written only where they tell models apart.
            findings.line = Some(line);
            others.push(findings);
        }
        for models in files.values_mut() {
            let mut count: BTreeMap<String, usize> = BTreeMap::new();
            models.iter().for_each(|model| *count.entry(model.name.clone()).or_default() += 1);
            models.iter_mut().filter(|model| count[&model.name] == 1).for_each(|model| model.line = None);
        }
        files
    }
}

/// Adds findings that are not there yet.
fn absorb(own: &mut Vec<Finding>, others: Vec<Finding>) {
    for finding in others {
        if !own.contains(&finding) {
            own.push(finding);
        }
    }
}
