//! Connecting by a URL.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::mysql::MysqlConnection;
use diesel::{ConnectionError, ConnectionResult};
use mysqlclient_sys::SUPPORTS_MYSQL_SSL_MODE;
use percent_encoding::percent_decode_str;

use super::ddl::quoted;
use super::encryption::Encryption;
use super::url::Url;
use crate::dialect::PATIENCE;

/// The word that libpq has for it, in seconds; 0 is for ever.
const LIMIT: &str = "connect_timeout";

/// Connects by a URL, with a limit to the time that it takes.
pub(crate) fn open(url: &str) -> ConnectionResult<MysqlConnection> {
    let (url, limit) = without_limit(url)?;
    if limit.is_zero() {
        return connect(&url);
    }
    // Diesel has no way to say it to the client library, which waits as long as the operating system lets it.
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(connect(&url)));
    receiver.recv_timeout(limit).unwrap_or_else(|error| {
        Err(ConnectionError::BadConnection(match error {
            RecvTimeoutError::Timeout => format!(
                "the server has not answered within {} s (the URL may say `?{LIMIT}=60`, in seconds)",
                limit.as_secs()
            ),
            RecvTimeoutError::Disconnected => "the client library has failed".to_owned(),
        }))
    })
}

/// The URL without the limit that it gives, and that limit.
fn without_limit(url: &str) -> ConnectionResult<(String, Duration)> {
    let mut url = Url::read(url);
    let limit = url.take(LIMIT).last().map(|seconds| {
        let is_wrong =
            |_| ConnectionError::InvalidConnectionUrl(format!("`{LIMIT}={seconds}` is no number of seconds"));
        seconds.parse().map(Duration::from_secs).map_err(is_wrong)
    });
    Ok((url.to_string(), limit.transpose()?.unwrap_or(PATIENCE)))
}

/// Diesel takes the name of the database as it stands in the URL, though it may be percent-encoded; such a one is chosen
/// once the connection is there.
fn connect(url: &str) -> ConnectionResult<MysqlConnection> {
    let encryption = Encryption::read(url, SUPPORTS_MYSQL_SSL_MODE)?;
    let mut connection = match encoded_database(&encryption.url) {
        None => MysqlConnection::establish(&encryption.url)?,
        Some((server, database)) => {
            let mut connection = MysqlConnection::establish(&server)?;
            let chosen = connection.batch_execute(&format!("USE {}", quoted(&database)));
            chosen.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
            connection
        }
    };
    encryption.check(&mut connection)?;
    Ok(connection)
}

/// The URL without its database, and the name of that, if it is percent-encoded.
fn encoded_database(url: &str) -> Option<(String, String)> {
    let host = url.find("://")? + 3;
    let (front, query) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let path = host + front[host..].find('/')? + 1;
    let database = front[path..].split('/').next().filter(|it| it.contains('%'))?;
    let database = percent_decode_str(database).decode_utf8().ok()?;
    Some((format!("{}{query}", &front[..path]), database.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_decoded_where_it_is_encoded() {
        for (url, expected) in [
            ("mysql://root@host/shop", None),
            ("mysql://root@host/", None),
            ("mysql://root@host", None),
            ("mysql://ro%40ot:a%2Fb@host/shop?ssl_mode=disabled", None),
            ("mysql://root@host/a%20b", Some(("mysql://root@host/", "a b"))),
            (
                "mysql://root@host:3306/a%2Fb%3F?ssl_mode=disabled",
                Some(("mysql://root@host:3306/?ssl_mode=disabled", "a/b?")),
            ),
        ] {
            let expected = expected.map(|(server, database)| (server.to_owned(), database.to_owned()));
            assert_eq!(encoded_database(url), expected);
        }
    }

    #[test]
    fn a_limit_is_taken_out_of_the_url() {
        for (query, fitted, seconds) in [
            ("", "", 10),
            ("?connect_timeout=3", "", 3),
            ("?connect_timeout=0&ssl_ca=/ca.pem", "?ssl_ca=/ca.pem", 0),
            ("?ssl_ca=/ca.pem&connect_timeout=60#x", "?ssl_ca=/ca.pem#x", 60),
        ] {
            let (url, fitted) = (format!("mysql://host/shop{query}"), format!("mysql://host/shop{fitted}"));
            assert_eq!(without_limit(&url), Ok((fitted, Duration::from_secs(seconds))));
        }
        let error = without_limit("mysql://host/shop?connect_timeout=soon").unwrap_err().to_string();
        assert!(error.contains("connect_timeout=soon"), "{error}");
    }
}
