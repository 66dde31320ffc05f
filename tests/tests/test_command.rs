//! Where `./test` takes its servers from.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use migratable_core::Dialect;
use migratable_tests::checkout;
use migratable_tests::databases::client::Server;

const POSTGRES: &str = "MIGRATABLE_POSTGRES_URL";
const MYSQL: &str = "MIGRATABLE_MYSQL_URL";

/// What `./test --servers` prints and says with these variables and no other of ours, and whether it went well.
fn servers(variables: &[(&str, &str)]) -> (String, String, bool) {
    let mut command = Command::new(checkout().join("test"));
    command.arg("--servers").env_remove(POSTGRES).env_remove(MYSQL).env_remove("MIGRATABLE_TEST_SERVERS");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

#[test]
fn servers_that_are_named_are_taken() {
    let (postgres, mysql) = (Server::of(Dialect::Postgres).unwrap(), Server::of(Dialect::Mysql).unwrap());
    let (out, err, well) = servers(&[(POSTGRES, postgres.url()), (MYSQL, mysql.url())]);
    assert!(well, "{err}");
    assert_eq!(out, format!("{}\n{}\n", postgres.url(), mysql.url()));
    assert!(err.contains("using the PostgreSQL that MIGRATABLE_POSTGRES_URL names"), "{err}");
    assert!(err.contains("using the MariaDB or MySQL that MIGRATABLE_MYSQL_URL names"), "{err}");
}

#[test]
fn a_named_server_that_cannot_be_had_is_a_failure() {
    let (postgres, mysql) = (Server::of(Dialect::Postgres).unwrap(), Server::of(Dialect::Mysql).unwrap());
    for (variables, expected) in [
        ([(POSTGRES, "postgres://postgres@127.0.0.1:1/postgres"), (MYSQL, mysql.url())], "its user is no superuser"),
        ([(POSTGRES, postgres.url()), (MYSQL, "mysql://root@127.0.0.1:1/")], "its user may not do everything"),
    ] {
        let (out, err, well) = servers(&variables);
        assert!(!well && out.is_empty(), "{out}");
        assert!(err.trim_end().ends_with(expected) && err.contains("it does not answer"), "{err}");
    }
}

#[test]
fn without_a_name_it_is_those_of_the_machine_or_private_ones() {
    for (variables, asked) in [(&[][..], false), (&[("MIGRATABLE_TEST_SERVERS", "private")], true)] {
        let (out, err, well) = servers(variables);
        assert!(well, "{err}");
        let urls: Vec<&str> = out.lines().collect();
        for (server, url, local) in [
            ("PostgreSQL", urls[0], "postgres://postgres@127.0.0.1:5432/postgres"),
            ("MariaDB", urls[1], "mysql://root@127.0.0.1:3306/"),
        ] {
            let is_local = err.contains(&format!("using the {server} of this machine"));
            let is_private = err.contains(&format!("starting a private {server}"));
            assert!(is_private != is_local && is_private >= asked, "{err}");
            assert_eq!(url == local, is_local, "{url}: {err}");
        }
    }
}
