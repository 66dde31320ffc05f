//! Connecting by a URL.

use std::borrow::Cow;
use std::env;

use diesel::ConnectionResult;
use diesel::connection::Connection;
use diesel::pg::PgConnection;

use crate::dialect::PATIENCE;

/// Connects by a URL, with a limit to the time that it takes.
pub(crate) fn open(url: &str) -> ConnectionResult<PgConnection> {
    // A service may have a limit of its own.
    let is_set = ["PGCONNECT_TIMEOUT", "PGSERVICE"].iter().any(|name| env::var_os(name).is_some());
    PgConnection::establish(&if is_set { url.into() } else { with_limit(url) })
}

/// The URL, or the words `host=… dbname=…`, with a `connect_timeout`.
///
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>
fn with_limit(url: &str) -> Cow<'_, str> {
    if url.contains("connect_timeout") || url.contains("service=") {
        return url.into();
    }
    let seconds = PATIENCE.as_secs();
    let Some(host) = url.find("://").map(|at| at + 3) else {
        return format!("{url} connect_timeout={seconds}").into();
    };
    // libpq takes everything in front of the first `@` for user and password.
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    let host = url[host..path].find('@').map_or(host, |at| host + at);
    let mark = match url[host..].split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{mark}connect_timeout={seconds}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_put_where_there_is_none() {
        for (url, expected) in [
            ("postgres://host/shop", "postgres://host/shop?connect_timeout=10"),
            ("postgresql://", "postgresql://?connect_timeout=10"),
            ("postgres:///shop?host=/run/pg", "postgres:///shop?host=/run/pg&connect_timeout=10"),
            ("postgres://host/shop?", "postgres://host/shop?connect_timeout=10"),
            ("postgres://ada:a?b@host", "postgres://ada:a?b@host?connect_timeout=10"),
            ("host=h dbname=shop", "host=h dbname=shop connect_timeout=10"),
            ("postgres://host/shop?connect_timeout=0", "postgres://host/shop?connect_timeout=0"),
            ("postgres:///?service=shop", "postgres:///?service=shop"),
        ] {
            assert_eq!(with_limit(url), expected);
        }
    }
}
