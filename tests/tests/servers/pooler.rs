//! A pooler in transaction mode between `migrate` and PostgreSQL: it is seen before anything is done in another session.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::program::{Program, SOUND};

/// A message of PostgreSQL's protocol, with its letter.
pub fn message(from: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut whole = head.to_vec();
    whole.resize(length + 1, 0);
    from.read_exact(&mut whole[5..])?;
    Ok((head[0], whole))
}

/// The first message of a client, behind its questions for encryption.
pub fn startup(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut whole = length.to_vec();
        whole.resize(u32::from_be_bytes(length) as usize, 0);
        client.read_exact(&mut whole[4..])?;
        if whole.len() > 8 {
            return Ok(whole);
        }
        client.write_all(b"N")?;
    }
}

/// Hands on all that a server answers until it is ready. Gives back whether no transaction is open then.
fn answer(server: &mut TcpStream, client: Option<&mut TcpStream>) -> io::Result<bool> {
    let mut all = Vec::new();
    loop {
        let (letter, whole) = message(server)?;
        all.extend_from_slice(&whole);
        if letter == b'Z' {
            client.map_or(Ok(()), |client| client.write_all(&all))?;
            return Ok(whole[5] == b'I');
        }
    }
}

/// Lets a client speak with two sessions in turn, another one behind each transaction; with the first alone for so many.
fn talk(mut client: TcpStream, servers: [TcpStream; 2], mut idle: usize) -> io::Result<()> {
    let mut servers = servers;
    let startup = startup(&mut client)?;
    for (at, server) in servers.iter_mut().enumerate() {
        server.write_all(&startup)?;
        answer(server, (at == 0).then_some(&mut client))?;
    }
    let mut at = 0;
    loop {
        let (letter, whole) = message(&mut client)?;
        servers[at].write_all(&whole)?;
        if matches!(letter, b'Q' | b'S') && answer(&mut servers[at], Some(&mut client))? {
            match idle {
                0 => at = 1 - at,
                _ => idle -= 1,
            }
        }
    }
}

/// A pooler before a server, which has nothing else to do for so many transactions. Gives back its port.
fn pooler(server: String, idle: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let connect = || TcpStream::connect(&server).unwrap();
            let servers = [connect(), connect()];
            // It ends with the client.
            thread::spawn(move || drop(talk(client, servers, idle)));
        }
    });
    port
}

/// The URL of a database behind such a pooler.
pub fn pooled(database: &Database<'_>, idle: usize) -> String {
    let url = database.url();
    let (front, name) = url.rsplit_once('/').unwrap();
    let (user, address) = front.rsplit_once('@').unwrap();
    format!("{user}@127.0.0.1:{}/{name}", pooler(address.to_owned(), idle))
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_before_anything_is_changed() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("pooler").unwrap();
    database.make("").unwrap();
    let pooled = pooled(&database, 0);
    let program = Program::new(&database, &SOUND, "");
    let settings = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'migratable%'";
    for command in [&["upgrade"][..], &["upgrade", "a1"], &["stamp", "head"]] {
        let error = program.run(&[&["--database-url", &pooled], command].concat()).unwrap_err();
        assert!(error.contains("another session after each transaction, as PgBouncer does"), "{command:?}: {error}");
        assert_eq!(database.query(settings).unwrap(), "0\n");
    }
    let error = program.run(&["--database-url", &pooled, "upgrade", "--json"]).unwrap_err();
    assert!(error.contains("another session"), "{error}");
    program.ok(&["upgrade"]);
}

#[test]
fn a_pooler_that_changes_the_session_in_the_middle_is_seen_before_anything_is_done_in_another() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("pooler_busy").unwrap();
    let mut seen_between = 0;
    for idle in 0.. {
        database.make("").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let pooled = pooled(&database, idle);
        let ended = program.run(&["--database-url", &pooled, "upgrade"]);
        let between = program.ok(&["current"]) == "a1\n";
        if let Err(error) = &ended {
            assert!(error.contains("another session after each") || error.contains("prepared statement"), "{error}");
        }
        seen_between += usize::from(between && ended.is_err());
        program.ok(&["upgrade"]);
        program.ok(&["verify"]);
        if ended.is_ok() {
            break;
        }
        assert!(idle < 100, "{ended:?}");
    }
    assert!(seen_between > 0);
}
