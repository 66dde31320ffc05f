//! The call of `revision!`, read in the same way by the build step and by the macro.

use migratable_core::names;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Token, bracketed};

/// How the call looks, for messages.
const FORM: &str = "revision!(\"3f2a9c41d0b7\", after = [\"1b2c3d4e5f60\"])";

const KEYS: [&str; 5] = ["after", "depends_on", "labels", "replaces", "transaction"];

/// What stands in `revision!(…)`.
#[derive(Clone, Debug)]
pub struct Header {
    /// The identifier.
    pub id: LitStr,
    /// The revisions that it follows.
    pub after: Vec<LitStr>,
    /// Revisions of other branches that must be applied before it.
    pub depends_on: Vec<LitStr>,
    /// Names of the branch that begins here.
    pub labels: Vec<LitStr>,
    /// Revisions that are gone and for which it stands, in their order.
    pub replaces: Vec<LitStr>,
    /// What is one transaction of its work, if it is not what is set for all.
    pub transaction: Option<Transaction>,
}

/// What is one transaction of a revision's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// All of it, and nothing of other revisions.
    Revision,
    /// Each part by itself.
    None,
}

impl Parse for Header {
    fn parse(input: ParseStream) -> syn::Result<Header> {
        let id: LitStr =
            input.parse().map_err(|error| Error::new(error.span(), format!("an id belongs here: {FORM}")))?;
        if id.value().is_empty() || !id.value().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Error::new(id.span(), "an id is made of letters, digits and `_`"));
        }
        let mut header = Header {
            id,
            after: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            replaces: Vec::new(),
            transaction: None,
        };
        let mut seen: Vec<String> = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            let name = key.to_string();
            if seen.contains(&name) {
                return Err(Error::new(key.span(), format!("`{name}` stands here twice")));
            }
            input.parse::<Token![=]>()?;
            match name.as_str() {
                "after" => header.after = list(input)?,
                "depends_on" => header.depends_on = list(input)?,
                "labels" => header.labels = labels(list(input)?)?,
                "replaces" => header.replaces = list(input)?,
                "transaction" => header.transaction = Some(transaction(&input.parse()?)?),
                _ => return Err(unknown(&key, &name)),
            }
            seen.push(name);
        }
        Ok(header)
    }
}

fn unknown(key: &Ident, name: &str) -> Error {
    let near = names::nearest(name, KEYS).map_or(String::new(), |near| format!("; is it `{near}`?"));
    Error::new(
        key.span(),
        format!("`revision!` knows `after`, `depends_on`, `labels`, `replaces` and `transaction`, not `{name}`{near}"),
    )
}

/// Whether a text may name a branch: it must be told from an identifier with steps and from the words for revisions.
pub fn is_label(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    !text.is_empty() && is_word && !["head", "heads", "base", "current"].contains(&text)
}

fn labels(values: Vec<LitStr>) -> syn::Result<Vec<LitStr>> {
    match values.iter().find(|label| !is_label(&label.value())) {
        Some(label) => {
            let message = "a label is made of letters, digits and `_`, and is not `head`, `heads`, `base` or `current`";
            Err(Error::new(label.span(), message))
        }
        None => Ok(values),
    }
}

fn transaction(value: &LitStr) -> syn::Result<Transaction> {
    match value.value().as_str() {
        "revision" => Ok(Transaction::Revision),
        "none" => Ok(Transaction::None),
        _ => Err(Error::new(
            value.span(),
            "a revision is one transaction, \"revision\", or as many as it has parts, \"none\"",
        )),
    }
}

fn list(input: ParseStream) -> syn::Result<Vec<LitStr>> {
    let content;
    bracketed!(content in input);
    Ok(content.parse_terminated(<LitStr as Parse>::parse, Token![,])?.into_iter().collect())
}
