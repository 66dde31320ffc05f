//! The items of a revision file.

use std::collections::BTreeSet;

use migratable_core::Operation;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, File, Item, ItemFn, Lit, Meta, ReturnType, Stmt, UseTree, Visibility};

use super::constructor::CONSTRUCTORS;
use super::reader::{Mistake, Mistakes};
use super::tokens::{position, spans, start};
use super::{
    HEADER, Header, Located, Mapper, Reading, RevisionFile, Statement, Word, kept, mapper, operation, seeds, steps,
};

const FUNCTIONS: [&str; 2] = ["upgrade", "downgrade"];

/// Reads a revision file, as far as it can be read.
pub(super) fn read(text: &str) -> Reading {
    // The compiler reads line ends so too.
    let text = text.replace("\r\n", "\n");
    let file = match syn::parse_file(&text) {
        Ok(file) => file,
        Err(error) => {
            let place = Place { function: None, statement: None, token: None };
            let mistakes = error.into_iter().map(|it| place.at(it.span(), it.to_string())).collect();
            return Reading { file: None, mistakes, is_rust: false };
        }
    };
    let mut reader = FileReader { located: Vec::new() };
    let file = reader.file(&file);
    let mut mistakes = reader.located;
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    Reading { file, mistakes, is_rust: true }
}

/// The place of a message as the macros count it.
#[derive(Clone, Copy)]
struct Place<'a> {
    function: Option<&'a str>,
    statement: Option<usize>,
    token: Option<usize>,
}

impl Place<'_> {
    fn at(self, span: Span, message: String) -> Located {
        Located {
            line: span.start().line,
            column: span.start().column + 1,
            message,
            function: self.function.map(str::to_owned),
            statement: self.statement,
            token: self.token,
        }
    }
}

struct FileReader {
    located: Vec<Located>,
}

impl FileReader {
    fn file(&mut self, file: &File) -> Option<RevisionFile> {
        self.no_cfg(&file.attrs);
        let header = self.header(file);
        let mut functions = [None, None];
        let mut rest = Vec::new();
        let mut tests = Vec::new();
        for item in &file.items {
            self.no_shadow(item);
            match item {
                it if is_test(it) => tests.push(it),
                Item::Fn(function) => match FUNCTIONS.iter().position(|name| function.sig.ident == name) {
                    Some(at) if functions[at].is_some() => {
                        let message = format!("`{}` stands here twice", function.sig.ident);
                        self.in_header(function.sig.ident.span(), message);
                    }
                    Some(at) => functions[at] = Some(function),
                    None => rest.push(item),
                },
                Item::Macro(call) if call.mac.path.is_ident("revision") => {}
                Item::Use(_) => {}
                other => rest.push(other),
            }
        }
        let names = rest.iter().filter_map(|item| match item {
            Item::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        });
        let names: Vec<String> = names.collect();
        let known = |name: &str| names.iter().any(|it| it == name);
        let [upgrade, downgrade] = functions;
        let downgrade_place = downgrade.map_or((1, 1), |function| {
            let start = function.sig.ident.span().start();
            (start.line, start.column + 1)
        });
        let mut upgrade = self.function("upgrade", upgrade, file, &known);
        let mut downgrade = self.function("downgrade", downgrade, file, &known);
        let mut mappers: Vec<Mapper> = Vec::new();
        for statement in upgrade.iter_mut().chain(&mut downgrade) {
            let Operation::MapRows { step, kept, .. } = &mut statement.operation else { continue };
            let function = rest.iter().find_map(|item| match item {
                Item::Fn(function) if function.sig.ident == step.as_str() => Some(function),
                _ => None,
            });
            let Some(function) = function else { continue };
            *kept = kept::kept(function, file);
            if !mappers.iter().any(|it| it.name == *step) {
                mappers.push(mapper::read(function));
            }
        }
        let mut run = Vec::new();
        for statement in upgrade.iter().chain(&downgrade) {
            match &statement.operation {
                Operation::Run { step } if !run.contains(step) => run.push(step.clone()),
                _ => {}
            }
        }
        self.no_module(&rest, &tests, &run, !mappers.is_empty());
        let words = |items: &[&Item]| {
            let mut words = BTreeSet::new();
            items.iter().for_each(|item| collect_words(item.to_token_stream(), &mut words));
            words
        };
        let values = |list: &[syn::LitStr]| list.iter().map(syn::LitStr::value).collect();
        header.map(|(header, tokens)| RevisionFile {
            id: header.id.value(),
            after: values(&header.after),
            depends_on: values(&header.depends_on),
            labels: values(&header.labels),
            replaces: values(&header.replaces),
            transaction: header.transaction,
            message: message(&file.attrs),
            upgrade,
            downgrade,
            downgrade_place,
            steps: run,
            mappers,
            functions: names,
            steps_checksum: steps::checksum(&rest),
            header: header_words(tokens),
            words: words(&rest),
            test_words: (!tests.is_empty()).then(|| words(&tests)),
        })
    }

    fn header(&mut self, file: &File) -> Option<(Header, TokenStream)> {
        let is_header = |item: &&Item| matches!(item, Item::Macro(call) if call.mac.path.is_ident("revision"));
        let mut calls = file.items.iter().filter(is_header);
        let none = Place { function: None, statement: None, token: None };
        let Some(Item::Macro(call)) = calls.next() else {
            let span = file.items.first().map_or_else(Span::call_site, start);
            let message = "the call of `revision!` is missing: write `revision!(\"<id>\", after = [\"<id before>\"]);`";
            self.located.push(none.at(span, message.to_owned()));
            return None;
        };
        if let Some(second) = calls.next() {
            self.in_header(start(second), "`revision!` stands here twice".to_owned());
        }
        self.no_cfg(&call.attrs);
        let tokens = call.mac.tokens.clone();
        match syn::parse2::<Header>(tokens.clone()) {
            Ok(header) => Some((header, tokens)),
            Err(error) => {
                let span = error.span();
                let token = position(&spans(tokens), span);
                let place = Place { function: Some(HEADER), statement: Some(0), token };
                self.located.push(place.at(span, error.to_string()));
                None
            }
        }
    }

    fn in_header(&mut self, span: Span, message: String) {
        let place = Place { function: Some(HEADER), statement: None, token: None };
        self.located.push(place.at(span, message));
    }

    /// The compiled revision and the one that is read must be the same under every configuration. It is said of the
    /// file, for the macro that stands beside a `cfg` may be gone with it.
    fn no_cfg(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                let place = Place { function: None, statement: None, token: None };
                let message = "a revision must be the same under every configuration: no `cfg` can stand here";
                self.located.push(place.at(start(attribute), message.to_owned()));
            }
        }
    }

    /// A name that stood for something else than the constructor would be read wrongly.
    fn no_shadow(&mut self, item: &Item) {
        let (name, span) = match item {
            Item::Fn(it) => (it.sig.ident.to_string(), it.sig.ident.span()),
            Item::Const(it) => (it.ident.to_string(), it.ident.span()),
            Item::Static(it) => (it.ident.to_string(), it.ident.span()),
            Item::Use(it) => {
                let mut names = Vec::new();
                imported(&it.tree, &mut Vec::new(), &mut names);
                for (path, name) in names {
                    if path != ["migratable", "revision"] && CONSTRUCTORS.contains(&name.to_string().as_str()) {
                        let message = format!(
                            "`{name}` is a constructor of migratable::revision: import the other one in the function \
                             that needs it"
                        );
                        self.in_header(name.span(), message);
                    }
                }
                return;
            }
            _ => return,
        };
        if CONSTRUCTORS.contains(&name.as_str()) {
            let message = format!("`{name}` is a constructor of migratable::revision: choose another name");
            self.in_header(span, message);
        }
    }

    /// The tables of a step are a module of its name, which must not be one that stands in the file or that is made for
    /// rows and tests.
    fn no_module(&mut self, rest: &[&Item], tests: &[&Item], run: &[String], maps_rows: bool) {
        let mut modules: BTreeSet<String> = BTreeSet::new();
        modules.extend(rest.iter().chain(tests).filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        }));
        if maps_rows || !tests.is_empty() {
            modules.extend(["before", "after"].map(str::to_owned));
        }
        if !tests.is_empty() {
            modules.extend(["tables", "testing"].map(str::to_owned));
        }
        for item in rest {
            let Item::Fn(function) = item else { continue };
            let name = function.sig.ident.to_string();
            if run.contains(&name) && modules.contains(&name) {
                let message = format!(
                    "`{name}` is a module of this revision already, and the tables of a step are a module of its name: \
                     choose another name"
                );
                self.in_header(function.sig.ident.span(), message);
            }
        }
    }

    fn function(
        &mut self,
        name: &str,
        function: Option<&ItemFn>,
        file: &File,
        known: &dyn Fn(&str) -> bool,
    ) -> Vec<Statement> {
        let Some(function) = function else {
            let span = file.items.last().map_or_else(Span::call_site, start);
            let message = format!(
                "`{name}` is missing: write `#[operations] pub fn {name}(op: &mut Operations) {{}}`, with its calls"
            );
            self.in_header(span, message);
            return Vec::new();
        };
        let op = self.signature(name, function);
        let mut statements = Vec::new();
        for (index, statement) in function.block.stmts.iter().enumerate() {
            let mut mistakes = Mistakes::default();
            let read = operation::statement(statement, &op, &mut mistakes);
            let tokens = spans(statement.to_token_stream());
            let mut words = Vec::new();
            texts(statement, &read, &mut words);
            if let Some(Operation::BulkInsert { columns, .. }) = &read {
                words.extend(seeds::places(statement, columns));
            }
            let missing = match &read {
                Some(Operation::Run { step }) if !known(step) => Some((step, head_of_step(step))),
                Some(Operation::MapRows { table, step, .. }) if !known(step) => {
                    Some((step, mapper::head(step, function, table)))
                }
                _ => None,
            };
            if let Some((step, head)) = missing {
                let span =
                    words.iter().find(|(text, _)| text == step).map_or_else(|| start(statement), |(_, span)| *span);
                let message = format!("there is no function `{step}` in this file: write `{head}`");
                mistakes.found.push(Mistake { span, message });
            }
            for Mistake { span, message } in mistakes.found {
                let token = position(&tokens, span).or(Some(0));
                self.located.push(Place { function: Some(name), statement: Some(index), token }.at(span, message));
            }
            if let Some(operation) = read {
                let begin = start(statement).start();
                let words = placed(words, &tokens);
                statements.push(Statement { operation, index, line: begin.line, column: begin.column + 1, words });
            }
        }
        statements
    }

    /// Checks the head of a function; the name of its parameter.
    fn signature(&mut self, name: &str, function: &ItemFn) -> String {
        let marked =
            |attribute: &Attribute| attribute.path().segments.last().is_some_and(|it| it.ident == "operations");
        self.no_cfg(&function.attrs);
        if !function.attrs.iter().any(marked) {
            let message = format!("`#[operations]` is missing above `{name}`");
            self.in_header(function.sig.ident.span(), message);
        }
        let signature = &function.sig;
        let parameter = match (signature.inputs.first(), signature.inputs.len()) {
            (Some(syn::FnArg::Typed(parameter)), 1) => operation::parameter_name(&parameter.pat),
            _ => None,
        };
        let plain = signature.asyncness.is_none()
            && signature.unsafety.is_none()
            && signature.abi.is_none()
            && signature.generics.params.is_empty()
            && matches!(signature.output, ReturnType::Default)
            && !matches!(function.vis, Visibility::Inherited);
        if parameter.is_none() || !plain {
            let place = Place { function: Some(name), statement: None, token: None };
            let message = format!("the head of `{name}` must be `pub fn {name}(op: &mut Operations)`");
            self.located.push(place.at(signature.ident.span(), message));
        }
        parameter.unwrap_or_else(|| "op".to_owned())
    }
}

fn head_of_step(step: &str) -> String {
    format!("fn {step}(db: &mut Db) -> Result<()> {{ Ok(()) }}")
}

/// Whether an item is compiled for tests alone, and so is no part of what the revision does.
pub(super) fn is_test(item: &Item) -> bool {
    let (attributes, may_be) = match item {
        Item::Fn(it) => (&it.attrs, FUNCTIONS.iter().all(|name| it.sig.ident != name)),
        Item::Mod(it) => (&it.attrs, true),
        Item::Use(it) => (&it.attrs, true),
        _ => return false,
    };
    let of_tests = |attribute: &Attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::NameValue(_) => false,
    };
    may_be && attributes.iter().any(of_tests)
}

/// The first line of the file's `//!` comment that is not empty.
fn message(attributes: &[Attribute]) -> String {
    let docs = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            syn::Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    docs.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}

fn imported(tree: &UseTree, path: &mut Vec<String>, names: &mut Vec<(Vec<String>, syn::Ident)>) {
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            imported(&it.tree, path, names);
            path.pop();
        }
        UseTree::Name(it) => names.push((path.clone(), it.ident.clone())),
        UseTree::Rename(it) => names.push((Vec::new(), it.rename.clone())),
        UseTree::Group(it) => it.items.iter().for_each(|tree| imported(tree, path, names)),
        UseTree::Glob(_) => {}
    }
}

fn header_words(header: TokenStream) -> Vec<Word> {
    let mut words = Vec::new();
    collect_texts(header.clone(), None, &mut words);
    placed(words, &spans(header))
}

fn placed(words: Vec<(String, Span)>, tokens: &[Span]) -> Vec<Word> {
    let place = |(text, span): (String, Span)| Word {
        text,
        line: span.start().line,
        column: span.start().column + 1,
        token: position(tokens, span).unwrap_or_default(),
    };
    words.into_iter().map(place).collect()
}

/// The texts of a statement, and the name of the step if it runs one.
fn texts(statement: &Stmt, operation: &Option<Operation>, words: &mut Vec<(String, Span)>) {
    let step = match operation {
        Some(Operation::Run { step } | Operation::MapRows { step, .. }) => Some(step.as_str()),
        _ => None,
    };
    collect_texts(statement.to_token_stream(), step, words);
}

fn collect_texts(tokens: TokenStream, step: Option<&str>, words: &mut Vec<(String, Span)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_texts(group.stream(), step, words),
            TokenTree::Literal(literal) => {
                let span = literal.span();
                if let Lit::Str(text) = Lit::new(literal) {
                    words.push((text.value(), span));
                }
            }
            TokenTree::Ident(name) if step.is_some_and(|step| name == step) => {
                words.push((name.to_string(), name.span()));
            }
            _ => {}
        }
    }
}

pub(super) fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Ident(name) => {
                let name = name.to_string();
                words.insert(name.strip_prefix("r#").map_or(name.clone(), str::to_owned));
            }
            _ => {}
        }
    }
}
