//! Database URLs: which database they mean, and how they are shown.

#[cfg(any(feature = "database", test))]
use std::path::{Path, PathBuf};

use migratable_core::Dialect;

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

/// What a client library says of a URL, without its password, which some of them quote.
#[cfg(any(feature = "database", test))]
pub fn hushed(message: &str, url: &str) -> String {
    let mut message = message.trim_end().replace(url, &shown(url));
    let (_, secret) = parted(url.split(['?', '&', ' ']));
    let of_words = secret.into_iter().map(|word| word.split_once('=').map_or(word, |(_, password)| password));
    for password in password(url).into_iter().chain(of_words) {
        for secret in [password.to_owned(), decoded(password).to_string_lossy().into_owned()] {
            // A short one stands in half of all words; what is quoted of a URL is hushed above.
            if secret.len() >= 4 {
                message = message.replace(&secret, "…");
            }
        }
    }
    message
}

/// What is wrong with a password that libpq takes for something else, and quotes in part.
#[cfg(any(feature = "database", test))]
pub fn misread(url: &str) -> Option<&'static str> {
    let is_misread = password(url).is_some_and(|password| password.contains(['@', '/']));
    is_misread.then_some("its password has a `@` or a `/` in it, which ends it in a URL: write %40 and %2F")
}

/// The password in front of the host.
#[cfg(any(feature = "database", test))]
fn password(url: &str) -> Option<&str> {
    let (user, _) = user_part(url.split_once("://")?.1)?;
    user.split_once(':').map(|(_, password)| password)
}

/// A URL as it may be seen by anybody: without password.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return without_password(url) };
    // A password may have a `?`, a `/` or an `@` in it; a user and a host have none.
    let (authority, rest) = match user_part(rest) {
        Some((user, rest)) => (format!("{}@", user.split([':', '?']).next().unwrap_or_default()), rest),
        None => (String::new(), rest),
    };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let mut shown = format!("{scheme}://{authority}{path}");
    let (kept, _) = parted(query.into_iter().flat_map(|query| query.split('&')));
    if !kept.is_empty() {
        shown.push('?');
        shown.push_str(&kept.join("&"));
    }
    shown
}

/// The words that anybody may see, and those of passwords. What has no `=` goes on with the word before it, in which an
/// `&` is not encoded.
fn parted<'a>(words: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut is_secret = false;
    words.partition(|word| {
        if let Some((name, _)) = word.split_once('=') {
            is_secret = name.to_ascii_lowercase().contains("pass");
        }
        !is_secret
    })
}

/// The part of a URL before the host, and what stands behind it. With a password it goes to the last `@` of all: one that
/// is not encoded may have every character in it, and no part of it is to be seen.
fn user_part(rest: &str) -> Option<(&str, &str)> {
    let last = rest.rfind('@')?;
    let front = &rest[..query_at(rest)];
    let is_password = |behind: &str| {
        let end = behind.find(['/', '?', '@']).unwrap_or(behind.len());
        behind[end..].starts_with('@') || !behind[..end].bytes().all(|byte| byte.is_ascii_digit())
    };
    let at = match front.match_indices(':').any(|(colon, _)| colon < last && is_password(&rest[colon + 1..])) {
        true => last,
        false => rest[..rest.find('/').unwrap_or(rest.len())].rfind('@').or_else(|| front.rfind('@'))?,
    };
    Some((&rest[..at], &rest[at + 1..]))
}

/// Where the query of a URL begins: with a name and `=`.
fn query_at(rest: &str) -> usize {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = |at: usize| rest[at + 1..].split_once('=').is_some_and(|(name, _)| is_name(name));
    rest.match_indices('?').map(|(at, _)| at).find(|&at| begins(at)).unwrap_or(rest.len())
}

/// What is no URL, such as `host=x password=y`, to where a password may begin.
fn without_password(text: &str) -> String {
    match (text.to_ascii_lowercase().find("pass"), text.rfind('@')) {
        (Some(at), _) => text[..at].trim_end().to_owned(),
        (None, Some(at)) if text[..at].contains(':') => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
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
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let code = others.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    #[cfg(unix)]
    return <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into();
    #[cfg(not(unix))]
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for (url, expected) in [
            ("sqlite://blog.db", "sqlite://blog.db"),
            ("postgres://anna:s3cret@host/blog", "postgres://anna@host/blog"),
            ("postgres://anna:p@ss:w@host:5432/blog", "postgres://anna@host:5432/blog"),
            ("postgres://anna@host/blog", "postgres://anna@host/blog"),
            ("postgres://host/blog?user=anna&password=s3cret", "postgres://host/blog?user=anna"),
            ("postgres://host/blog?PASSWORD=s3cret", "postgres://host/blog"),
            ("postgres://anna:s3?cret@host/blog", "postgres://anna@host/blog"),
            ("postgres://anna:s3/cret@host/blog", "postgres://anna@host/blog"),
            ("mysql://anna:s3cret?@host/blog?x=y", "mysql://anna@host/blog?x=y"),
            ("postgres://anna@host/blog?mail=a@b", "postgres://anna@host/blog?mail=a@b"),
            ("postgres://anna@host:5432/blog?mail=a@b", "postgres://anna@host:5432/blog?mail=a@b"),
            ("mysql://anna:s3@cr/e@t@host:3306/blog", "mysql://anna@host:3306/blog"),
            ("mysql://anna:12@s3/cret@host/blog", "mysql://anna@host/blog"),
            ("mysql://anna@home:s3/c@ret@host/blog", "mysql://anna@home@host/blog"),
            ("postgre://anna:s3cret@host/blog", "postgre://anna@host/blog"),
            ("host=h user=anna password=s3cret", "host=h user=anna"),
            ("host=h password='s3cret x' user=anna", "host=h"),
            ("postgres:/anna:s3cret@host/blog", "…@host/blog"),
            ("anna:s3cret@host/blog", "…@host/blog"),
            ("postgres://host/blog?password=s3c@r/et&user=anna", "postgres://host/blog?user=anna"),
            ("postgres://host:5432/blog?password=s3cret:a@b", "postgres://host:5432/blog"),
            ("postgres://host?password=s3cret@b", "postgres://host@b"),
            ("postgres://host/blog?password=s3&cret&user=anna", "postgres://host/blog?user=anna"),
            ("postgres://anna:s3?k=cret@host/blog", "postgres://anna@host/blog"),
            ("postgres://anna:12345/s3cret@host/blog", "postgres://anna@host/blog"),
            ("postgres://anna@host:5432/blog?mail=a:s@b", "postgres://anna@host:5432/blog?mail=a:s@b"),
        ] {
            assert_eq!(shown(url), expected);
            assert_eq!(is_secret(url), url != expected);
            assert!(!dialect(url).err().unwrap_or_default().contains("s3cret"));
        }
    }

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
    fn passwords_do_not_come_back_in_what_libraries_say() {
        let url = "postgres://anna:s3%20cret@[bad/x";
        for (said, expected) in [
            ("wrong URI: \"postgres://anna:s3%20cret@[bad/x\"\n", "wrong URI: \"postgres://anna@[bad/x\""),
            ("no `s3 cret` here", "no `…` here"),
            ("no s3%20cret", "no …"),
            ("wrong token: \"s3%20cret\"", "wrong token: \"…\""),
        ] {
            assert_eq!(hushed(said, url), expected);
        }
        assert_eq!(hushed("as it is", "sqlite://x.db"), "as it is");
        assert_eq!(hushed("bad `s3%zzcret`", "postgres://h/x?password=s3%zzcret"), "bad `…`");
        assert_eq!(hushed("bad `cret`", "postgres://h/x?password=s3&cret&user=ann"), "bad `…`");
    }

    #[test]
    fn passwords_that_are_taken_for_something_else_are_known() {
        for (url, is_misread) in [
            ("postgres://anna:s3@cret@host/blog", true),
            ("postgres://anna:s3/cret@host/blog", true),
            ("postgres://anna:123/cret@host/blog", true),
            ("postgres://anna:s3?cret@host/blog", false),
            ("postgres://anna:s3%40cret@host/blog", false),
            ("postgres://host/blog?password=a@b/c", false),
        ] {
            assert_eq!(misread(url).is_some(), is_misread, "{url}");
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
