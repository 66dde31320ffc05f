//! Killed, and cut off from its server, at each statement that it sends.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::proxy::{FAULTS, Fault, Proxy};
use super::subject::{State, WAYS, Way, said};

/// One in how many faults is tried, if it is not asked for all, or for one in another number, by `MIGRATABLE_FAULTS`.
/// A prime, so that each kind of fault has its turn.
const SAMPLE: usize = 199;

fn sample() -> usize {
    match std::env::var("MIGRATABLE_FAULTS").as_deref() {
        Ok("all") => 1,
        Ok(number) => number.parse().unwrap(),
        Err(_) => SAMPLE,
    }
}

/// The address of a server, and the URL of a database behind a proxy.
fn behind(url: &str, dialect: Dialect, port: u16) -> (String, String) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, database) = rest.split_once('/').unwrap();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("root", authority));
    let usual = if dialect == Dialect::Postgres { "5432" } else { "3306" };
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:{usual}") };
    let options = match (dialect, database.contains('?')) {
        (Dialect::Postgres, false) => "?sslmode=disable&gssencmode=disable",
        (Dialect::Postgres, true) => "&sslmode=disable&gssencmode=disable",
        _ => "",
    };
    (host, format!("{scheme}://{user}@127.0.0.1:{port}/{database}{options}"))
}

/// Interrupts the way at the nth statement. Gives back how many there were if it was over before, or done all the same.
fn interrupted(way: Way, database: &Database<'_>, nth: usize, fault: Fault) -> Option<usize> {
    let (host, _) = behind(&database.url(), database.dialect(), 0);
    let proxy = Proxy::start(host, database.dialect(), nth, fault);
    let (_, url) = behind(&database.url(), database.dialect(), proxy.port);
    let mut child = way.migrate(&url, &way.words()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    loop {
        if let Ok(go_on) = proxy.reached.recv_timeout(Duration::from_millis(5)) {
            if fault.kills() {
                child.kill().unwrap();
            }
            go_on.send(()).unwrap();
            let output = child.wait_with_output().unwrap();
            let text = said(&output);
            if output.status.success() && !fault.kills() {
                // It was done, and only put back what it had set.
                return Some(proxy.count());
            }
            assert!(!output.status.success(), "{way:?} {nth} {fault:?}: {text}");
            assert!(fault.kills() || output.status.code() == Some(1), "{way:?} {nth} {fault:?}: {text}");
            assert!(!text.contains("panicked"), "{text}");
            return None;
        }
        if child.try_wait().unwrap().is_some() {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
            return Some(proxy.count());
        }
    }
}

fn on(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    let database = server.database("faults").unwrap().kept_open().unwrap();
    let mut tried = BTreeMap::new();
    // MySQL knows no other than its own.
    let divisions: &[&str] = if dialect == Dialect::Postgres { &["none", "all"] } else { &[] };
    let divided = divisions.iter().flat_map(|division| WAYS.map(|way| way.with_transaction(division)));
    for way in WAYS.into_iter().chain(divided) {
        way.begin(&database);
        let statements = interrupted(way, &database, usize::MAX, Fault::CutBefore).unwrap();
        let expected: State = way.end(&database);
        assert!(statements > 20, "{way:?}: {statements} statements");
        for nth in 1..=statements {
            for (offset, fault) in FAULTS.into_iter().enumerate() {
                if !(nth * FAULTS.len() + offset).is_multiple_of(sample()) {
                    continue;
                }
                way.begin(&database);
                let ended = interrupted(way, &database, nth, fault);
                let what = format!("{dialect} {way:?}: {fault:?} {nth} of {statements}");
                match ended {
                    Some(_) => assert_eq!(way.state(&database), expected, "{what}: it said that it was done"),
                    None => *tried.entry(format!("{fault:?}")).or_insert(0) += 1,
                }
                way.recover(&database, &expected, &what);
            }
        }
        println!("{dialect}: interrupted so often up to {way:?}: {tried:?}");
    }
    assert_eq!(tried.len(), FAULTS.len(), "each kind of fault was tried: {tried:?}");
}

#[test]
fn a_process_that_is_killed_or_cut_off_from_postgresql_loses_nothing() {
    on(Dialect::Postgres);
}

#[test]
fn a_process_that_is_killed_or_cut_off_from_mysql_loses_nothing() {
    on(Dialect::Mysql);
}
