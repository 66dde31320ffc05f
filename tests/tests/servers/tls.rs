//! What a URL asks of encryption is done, or refused.

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;
use migratable_tests::databases::private::TlsServer;

use super::program::{Program, SOUND};

/// What `upgrade` does to servers by URLs: nothing is said where it is done, else a part of the one error.
fn each_url(dialect: Dialect, server: &TlsServer, urls: &[(&str, &str, &str)]) {
    let own = Server::of(dialect).unwrap();
    let database = own.database("tls").unwrap();
    let program = Program::new(&database, &SOUND, "");
    for (host, query, expected) in urls {
        let query = query.replace("CA", &server.file("ca.pem")).replace("OTHER", &server.file("other.pem"));
        let name = dialect.name();
        let url = format!("{name}://ada:s3cretword@{host}:{}/shop{query}", server.port);
        match program.run(&["--database-url", &url, "upgrade"]) {
            Ok(_) => assert_eq!(*expected, "", "{url}"),
            Err(error) => {
                assert!(!expected.is_empty() && error.contains(expected), "{url}: {error}");
                let place = format!("{name}://ada@{host}:{}/shop", server.port);
                assert!(error.contains(&place) && !error.contains("s3cretword"), "{url}: {error}");
            }
        }
    }
}

#[test]
fn postgres_is_spoken_to_as_the_url_asks() {
    let server = TlsServer::start(Dialect::Postgres);
    each_url(
        Dialect::Postgres,
        &server,
        &[
            ("127.0.0.1", "", ""),
            ("127.0.0.1", "?sslmode=require", ""),
            ("127.0.0.1", "?sslmode=disable", "no encryption"),
            ("localhost", "?sslmode=verify-full&sslrootcert=CA", ""),
            ("127.0.0.1", "?sslmode=verify-ca&sslrootcert=CA", ""),
            ("127.0.0.1", "?sslmode=verify-full&sslrootcert=CA", "does not match host name"),
            ("localhost", "?sslmode=verify-full&sslrootcert=OTHER", "certificate verify failed"),
            ("localhost", "?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
        ],
    );
}

#[test]
fn mariadb_is_spoken_to_as_the_url_asks() {
    let server = TlsServer::start(Dialect::Mysql);
    each_url(
        Dialect::Mysql,
        &server,
        &[
            ("127.0.0.1", "?ssl_ca=CA", ""),
            ("127.0.0.1", "?ssl_mode=verify_ca&ssl_ca=CA", ""),
            ("127.0.0.1", "?ssl_ca=OTHER", "TLS/SSL error"),
            ("127.0.0.1", "?ssl_mode=verify_ca&ssl_ca=OTHER", "TLS/SSL error"),
            ("127.0.0.1", "?ssl_ca=/nowhere.pem", "TLS/SSL error"),
            ("127.0.0.1", "?ssl_mode=disabled", "Access denied"),
        ],
    );
}

#[test]
fn what_mariadb_s_client_would_connect_without_is_refused() {
    let server = Server::of(Dialect::Mysql).unwrap();
    let database = server.database("tls_plain").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let certificates = tempfile::NamedTempFile::new().unwrap();
    for (query, expected) in [
        ("ssl_mode=required".to_owned(), "name the authority"),
        ("ssl_mode=verify_identity&ssl_ca=/ca.pem".to_owned(), "cannot compare the name"),
        (format!("ssl_ca={}", certificates.path().display()), "TLS"),
    ] {
        let url = format!("{}?{query}", database.url());
        let error = program.run(&["--database-url", &url, "upgrade"]).unwrap_err();
        assert!(error.contains(expected) && error.contains(database.name()), "{url}: {error}");
    }
}
