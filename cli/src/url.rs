//! Database URLs: which database they mean.

#[cfg(any(feature = "database", test))]
use std::path::{Path, PathBuf};

use migratable_core::Dialect;
#[cfg(any(feature = "database", test))]
use migratable_core::url;
pub use migratable_core::url::shown;
#[cfg(feature = "database")]
pub use migratable_core::url::{hushed, misread};

/// The dialect of a URL.
///
/// # Errors
/// A sentence, if no database is meant.
pub fn dialect(url: &str) -> Result<Dialect, String> {
    match Dialect::from_url(url) {
        Some(Dialect::Sqlite) => match mistake(url) {
            Some(mistake) => Err(format!("`{}` {mistake}", shown(url))),
            None => Ok(Dialect::Sqlite),
        },
        Some(Dialect::Mysql) if database_of(url).is_none() => {
            Err(format!("`{}` names no database: the form is mysql://user@host/database", shown(url)))
        }
        Some(dialect) => Ok(dialect),
        None => Err(format!(
            "`{}` is no database URL; these are: sqlite://blog.db, postgres://host/blog, mysql://host/blog",
            shown(url)
        )),
    }
}

/// What would make SQLite open another file than the one that is meant, without a word.
fn mistake(url: &str) -> Option<&'static str> {
    [
        ("#", "has a `#` in it, which ends the name of a file in a URL: write %23"),
        ("%00", "has %00 in it, which stands in no name of a file"),
        ("\u{fffd}", "is not UTF-8: write each byte that is not as `%` and two digits, as in %ff"),
    ]
    .into_iter()
    .find_map(|(part, mistake)| url.contains(part).then_some(mistake))
}

/// The database that the URL of a server names.
fn database_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    rest.split_once('/').map(|(_, database)| database).filter(|database| !database.is_empty())
}

/// Whether a URL says something that does not belong into a file of the project.
#[cfg(any(feature = "init", test))]
pub fn is_secret(url: &str) -> bool {
    shown(url) != url
}

/// The file of a SQLite URL as it is written, and what stands behind `?`; none for a database in memory.
pub fn sqlite_file(url: &str) -> Option<(&str, Option<&str>)> {
    let rest = url.strip_prefix("sqlite:").or_else(|| url.strip_prefix("file:"))?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (file, query) = rest.split_once('?').map_or((rest, None), |(file, query)| (file, Some(query)));
    let in_memory = file.is_empty() || file == ":memory:" || query.is_some_and(|it| it.contains("mode=memory"));
    (!in_memory).then_some((file, query))
}

/// A SQLite URL whose file, if it is relative, is taken from this folder.
#[cfg(any(feature = "database", test))]
pub fn anchored(url: &str, folder: &Path) -> String {
    match sqlite_file(url) {
        Some((file, query)) if Path::new(file).is_relative() => {
            let folder = encoded(folder);
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("sqlite://{}/{file}{query}", folder.trim_end_matches('/'))
        }
        _ => url.to_owned(),
    }
}

/// A path as a part of a URL.
#[cfg(any(feature = "database", test))]
fn encoded(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25").replace('#', "%23").replace('?', "%3f"));
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02x}")));
    }
    text
}

/// The path for which a part of a URL stands: `%20` is a space.
#[cfg(any(feature = "database", test))]
pub fn decoded(text: &str) -> PathBuf {
    let bytes = url::decoded(text);
    #[cfg(unix)]
    return <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into();
    #[cfg(not(unix))]
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_says_so() {
        for (url, expected) in [
            ("oracle://host/blog", "is no database URL"),
            ("mysql://anna:s3cret@host", "`mysql://anna@host` names no database"),
            ("mysql://host/?x=y", "names no database"),
            ("blog.db", "is no database URL"),
            ("sqlite://a#b.db", "write %23"),
            ("sqlite://a%00b.db", "stands in no name of a file"),
            ("sqlite://\u{fffd}.db", "is not UTF-8"),
        ] {
            assert!(dialect(url).unwrap_err().contains(expected), "{url}");
        }
    }

    #[test]
    fn folders_may_have_any_name() {
        let url = anchored("sqlite://my%20blog.db", Path::new("/100% #1?"));
        assert_eq!(url, "sqlite:///100%25 %231%3f/my%20blog.db");
        assert_eq!(
            sqlite_file(&url).map(|(file, _)| decoded(file)).as_deref(),
            Some(Path::new("/100% #1?/my blog.db"))
        );
        assert_eq!(decoded("100%"), Path::new("100%"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_need_not_be_utf_8() {
        let folder = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/a\xff\xc3\xa9"));
        let url = anchored("sqlite://b.db", folder);
        assert_eq!(url, "sqlite:///a%ffé/b.db");
        assert_eq!(sqlite_file(&url).map(|(file, _)| decoded(file)), Some(folder.join("b.db")));
        assert_eq!(dialect(&url), Ok(Dialect::Sqlite));
    }

    #[test]
    fn relative_files_are_anchored() {
        for (url, expected) in [
            ("sqlite://blog.db", "sqlite:///work/blog.db"),
            ("sqlite:blog.db?mode=ro", "sqlite:///work/blog.db?mode=ro"),
            ("sqlite:///var/blog.db", "sqlite:///var/blog.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite://:memory:", "sqlite://:memory:"),
            ("sqlite://", "sqlite://"),
            ("postgres://host/blog", "postgres://host/blog"),
        ] {
            assert_eq!(anchored(url, Path::new("/work")), expected);
        }
    }
}
