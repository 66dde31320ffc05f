//! What a URL asks of encryption, made sure of. libmariadb knows no `ssl_mode`, and would connect without a word as if
//! nothing had been asked; it encrypts where a certificate is named, but not if the server has no TLS.

use std::borrow::Cow;

use diesel::mysql::MysqlConnection;
use diesel::{ConnectionError, ConnectionResult};

use super::url::Url;
use crate::dialect::Connection;

/// What Diesel takes from a URL.
const KEYS: [&str; 4] = ["ssl_mode", "ssl_ca", "ssl_cert", "ssl_key"];

/// What is wanted of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encryption<'a> {
    /// The URL for the client library.
    pub(super) url: Cow<'a, str>,
    is_wanted: bool,
}

impl<'a> Encryption<'a> {
    /// Reads a URL. `knows_modes` is whether the client library does.
    pub(super) fn read(url: &'a str, knows_modes: bool) -> ConnectionResult<Encryption<'a>> {
        let mut read = Url::read(url);
        let is_unknown = |key: &&str| {
            let lower = key.to_ascii_lowercase();
            (lower.contains("ssl") || lower.contains("tls")) && !KEYS.contains(key)
        };
        if let Some(key) = read.keys().find(is_unknown) {
            return Err(ConnectionError::BadConnection(format!(
                "`{key}` is not known here, and nothing would come of it: {} are",
                KEYS.join(", ")
            )));
        }
        let mode = read.value("ssl_mode").map(str::to_ascii_lowercase);
        let has_files = KEYS[1..].iter().any(|it| read.value(it).is_some());
        let is_wanted = match mode.as_deref() {
            None => has_files,
            Some(mode) => matches!(mode, "required" | "verify_ca" | "verify_identity"),
        };
        if knows_modes || mode.is_none() {
            return Ok(Encryption { url: url.into(), is_wanted });
        }
        let missing = match mode.as_deref() {
            Some("required" | "verify_ca") if read.value("ssl_ca").is_some() => None,
            Some("disabled" | "preferred") => None,
            Some("required" | "verify_ca") => Some(
                "knows no `ssl_mode`: name the authority that the server's certificate is checked by, as in \
                 ssl_ca=/etc/ssl/certs/ca-certificates.crt",
            ),
            Some("verify_identity") => Some(
                "cannot compare the name in the server's certificate with the host: what it can is \
                 ssl_mode=verify_ca with ssl_ca=/path/of/ca.pem",
            ),
            _ => Some("knows no `ssl_mode`; the modes are disabled, preferred, required, verify_ca, verify_identity"),
        };
        if let Some(missing) = missing {
            return Err(ConnectionError::BadConnection(format!(
                "this program was built with libmariadb, which {missing}"
            )));
        }
        read.take("ssl_mode");
        Ok(Encryption { url: read.to_string().into(), is_wanted })
    }

    /// Makes sure that a connection is as was wanted.
    pub(super) fn check(&self, connection: &mut MysqlConnection) -> ConnectionResult<()> {
        if !self.is_wanted {
            return Ok(());
        }
        let found = connection.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        let found = found.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        match found.into_iter().flatten().nth(1).flatten() {
            Some(cipher) if !cipher.is_empty() => Ok(()),
            _ => Err(ConnectionError::BadConnection(
                "the connection is not encrypted, although the URL asks for that: the server has no TLS".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_library_knows_is_left_to_it() {
        for (query, is_wanted) in [
            ("", false),
            ("?ssl_mode=preferred", false),
            ("?ssl_mode=REQUIRED", true),
            ("?ssl_mode=disabled&ssl_ca=/ca.pem", false),
            ("?ssl_ca=/ca.pem", true),
            ("?unix_socket=/run/my", false),
        ] {
            let url = format!("mysql://ada@host/shop{query}");
            assert_eq!(Encryption::read(&url, true), Ok(Encryption { url: url.as_str().into(), is_wanted }));
        }
    }

    #[test]
    fn what_it_does_not_know_is_put_in_its_words_or_refused() {
        for (query, fitted, is_wanted) in [
            ("", "", false),
            ("?ssl_ca=/ca.pem", "?ssl_ca=/ca.pem", true),
            ("?ssl_mode=preferred", "", false),
            ("?ssl_mode=required&ssl_ca=/ca.pem", "?ssl_ca=/ca.pem", true),
            ("?unix_socket=/run/my&ssl_mode=verify_ca&ssl_ca=/ca.pem#x", "?unix_socket=/run/my&ssl_ca=/ca.pem#x", true),
        ] {
            let (url, fitted) = (format!("mysql://ada@host/shop{query}"), format!("mysql://ada@host/shop{fitted}"));
            assert_eq!(Encryption::read(&url, false), Ok(Encryption { url: fitted.into(), is_wanted }));
        }
        for (query, expected) in [
            ("ssl_mode=required", "name the authority"),
            ("ssl_mode=verify_ca&ssl_ca=", "name the authority"),
            ("ssl_mode=verify_identity&ssl_ca=/ca.pem", "cannot compare the name"),
            ("ssl_mode=on", "the modes are"),
            ("sslmode=require", "`sslmode` is not known here"),
            ("x=y&ssl-mode=REQUIRED", "`ssl-mode` is not known here"),
        ] {
            let error = Encryption::read(&format!("mysql://ada@host/shop?{query}"), false).unwrap_err().to_string();
            assert!(error.contains(expected), "{query}: {error}");
        }
    }
}
