//! What anybody may see of a database URL: its passwords are hidden.

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
            is_secret = is_secret_name(name);
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

/// Whether a parameter is one that nobody may see: a password, a secret, a key that is not the name of a file.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "secret", "_key"].iter().any(|part| name.contains(part))
}

/// What is no URL, such as `host=x password=y`, to where a password may begin.
fn without_password(text: &str) -> String {
    match (text.to_ascii_lowercase().find("pass"), text.rfind('@')) {
        (Some(at), _) => text[..at].trim_end().to_owned(),
        (None, Some(at)) if text[..at].contains(':') => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

/// What a client library says of a URL, without its password, which some of them quote.
pub fn hushed(message: &str, url: &str) -> String {
    let mut message = message.trim_end().replace(url, &shown(url));
    let (_, secret) = parted(url.split(['?', '&', ' ']));
    let of_words = secret.into_iter().map(|word| word.split_once('=').map_or(word, |(_, password)| password));
    for password in password(url).into_iter().chain(of_words) {
        for secret in [password.to_owned(), String::from_utf8_lossy(&decoded(password)).into_owned()] {
            // A short one stands in half of all words; what is quoted of a URL is hushed above.
            if secret.len() >= 4 {
                message = message.replace(&secret, "…");
            }
        }
    }
    message
}

/// What is wrong with a password that libpq takes for something else, and quotes in part.
pub fn misread(url: &str) -> Option<&'static str> {
    // An `@` in a query is none of a password.
    let front = url.find("://").map_or(url, |at| &url[..at + 3 + query_at(&url[at + 3..])]);
    let is_misread = password(front).is_some_and(|password| password.contains(['@', '/']));
    is_misread.then_some("its password has a `@` or a `/` in it, which ends it in a URL: write %40 and %2F")
}

/// The password in front of the host.
fn password(url: &str) -> Option<&str> {
    let (user, _) = user_part(url.split_once("://")?.1)?;
    user.split_once(':').map(|(_, password)| password)
}

/// The bytes for which a part of a URL stands: `%20` is a space.
pub fn decoded(text: &str) -> Vec<u8> {
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
    bytes
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
            (
                "postgres://host/blog?oauth_client_secret=s3cret&scram_client_key=s3cret&sslkey=a.pem",
                "postgres://host/blog?sslkey=a.pem",
            ),
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
            ("postgres://anna:s3cret@host/blog?application_name=me@ci", false),
        ] {
            assert_eq!(misread(url).is_some(), is_misread, "{url}");
        }
    }
}
