//! How often `upgrade` waits for a server when nothing is to be done.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use migratable::{AnyConnection, Migrator};
use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use super::program::{Program, SOUND};

/// What a connection has done: who spoke last, and how often the client has since it was answered.
#[derive(Default)]
struct Spoken {
    server_was_last: bool,
    questions: usize,
}

/// Hands on what one says to the other, and counts.
fn pass(mut from: TcpStream, mut to: TcpStream, from_server: bool, spoken: &Mutex<Spoken>) {
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut spoken = spoken.lock().unwrap();
        spoken.questions += usize::from(spoken.server_was_last && !from_server);
        spoken.server_was_last = from_server;
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Both));
}

/// Stands before a server; gives its port and what is counted.
fn counter(server: String) -> (u16, Arc<Mutex<Spoken>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let spoken = Arc::<Mutex<Spoken>>::default();
    let counted = Arc::clone(&spoken);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&server).unwrap();
            for (from, to, from_server) in [(&client, &server, false), (&server, &client, true)] {
                let (from, to, spoken) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&spoken));
                // It ends with the client.
                thread::spawn(move || pass(from, to, from_server, &spoken));
            }
        }
    });
    (port, counted)
}

#[test]
fn an_upgrade_with_nothing_to_do_asks_a_server_at_most_three_times() {
    for dialect in [Dialect::Postgres, Dialect::Mysql] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("round_trips").unwrap();
        database.make("").unwrap();
        let program = Program::new(&database, &SOUND, "");
        program.ok(&["upgrade"]);
        let url = database.url();
        let (front, name) = url.rsplit_once('/').unwrap();
        let (user, address) = front.rsplit_once('@').unwrap();
        let (port, spoken) = counter(address.to_owned());
        let counted = format!("{user}@127.0.0.1:{port}/{name}");
        // What a connection says at its end comes a moment later.
        let settled = || {
            thread::sleep(Duration::from_millis(200));
            spoken.lock().unwrap().questions
        };
        let asked = |act: &dyn Fn()| {
            let before = settled();
            act();
            settled() - before
        };
        let open = || AnyConnection::open(dialect, &counted).unwrap();
        let connecting = asked(&|| drop(open()));
        assert!(connecting > 0, "{dialect}");
        let in_a_process = asked(&|| drop(Migrator::new(&SOUND).upgrade(&mut open()).unwrap())) - connecting;
        let by_command = asked(&|| drop(program.run(&["--database-url", &counted, "upgrade"]).unwrap())) - connecting;
        assert!((1..=3).contains(&in_a_process), "{dialect}: {in_a_process}");
        assert!((1..=3).contains(&by_command), "{dialect}: {by_command}");
    }
}
