//! Connecting by a URL.

use diesel::connection::{Connection, SimpleConnection};
use diesel::mysql::MysqlConnection;
use diesel::{ConnectionError, ConnectionResult};
use mysqlclient_sys::SUPPORTS_MYSQL_SSL_MODE;
use percent_encoding::percent_decode_str;

use super::ddl::quoted;
use super::encryption::Encryption;

/// Connects by a URL. Diesel takes the name of the database as it stands there, though it may be percent-encoded; such a
/// one is chosen once the connection is there.
pub(crate) fn open(url: &str) -> ConnectionResult<MysqlConnection> {
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
}
