//! Something between a client and its server that counts the client's statements, and stops at one of them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use migratable_core::Dialect;

/// What happens at a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed before the server has it.
    KilledBefore,
    /// The process is killed while the server works on it.
    KilledWithin,
    /// The process is killed when the server has answered, before it knows that.
    KilledAfter,
    /// The connection is cut before the server has it.
    CutBefore,
    /// The connection is cut while the server works on it.
    CutWithin,
    /// The connection is cut when the server has answered.
    CutAfter,
}

pub const FAULTS: [Fault; 6] =
    [Fault::KilledBefore, Fault::KilledWithin, Fault::KilledAfter, Fault::CutBefore, Fault::CutWithin, Fault::CutAfter];

impl Fault {
    fn is_before(self) -> bool {
        matches!(self, Fault::KilledBefore | Fault::CutBefore)
    }

    fn is_within(self) -> bool {
        matches!(self, Fault::KilledWithin | Fault::CutWithin)
    }

    pub fn kills(self) -> bool {
        matches!(self, Fault::KilledBefore | Fault::KilledWithin | Fault::KilledAfter)
    }
}

/// How far into a statement a fault may happen, in microseconds: the longest take a few thousand.
const WITHIN: usize = 3_000;

/// A proxy on a port of its own.
pub struct Proxy {
    pub port: u16,
    /// Says when the statement is there at which the fault happens; the answer lets the proxy go on.
    pub reached: Receiver<Sender<()>>,
    count: Arc<AtomicUsize>,
}

impl Proxy {
    /// Stands before a server and stops at the nth statement.
    pub fn start(server: String, dialect: Dialect, nth: usize, fault: Fault) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, reached) = channel();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else { return };
                let (tell, counted) = (tell.clone(), Arc::clone(&counted));
                thread::spawn(move || {
                    let mut talk = Talk { client, server, dialect, nth, fault, tell, counted };
                    // However it ends, both sides hear of it.
                    let _ = talk.run();
                    let _ = talk.client.shutdown(Shutdown::Both);
                    let _ = talk.server.shutdown(Shutdown::Both);
                });
            }
        });
        Proxy { port, reached, count }
    }

    /// How many statements there were.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

struct Talk {
    client: TcpStream,
    server: TcpStream,
    dialect: Dialect,
    nth: usize,
    fault: Fault,
    tell: Sender<Sender<()>>,
    counted: Arc<AtomicUsize>,
}

impl Talk {
    fn run(&mut self) -> io::Result<()> {
        self.client.set_nodelay(true)?;
        self.server.set_nodelay(true)?;
        let (mut from, mut to) = (self.server.try_clone()?, self.client.try_clone()?);
        let (answers, answered) = channel();
        let is_mute = Arc::new(AtomicBool::new(false));
        let mute = Arc::clone(&is_mute);
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let is_mute = is_mute.load(Ordering::SeqCst);
                if answers.send(()).is_err() || (!is_mute && to.write_all(&buffer[..length]).is_err()) {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
        let mut is_first = self.dialect == Dialect::Postgres;
        loop {
            let (message, is_statement) = self.message(&mut is_first)?;
            let is_due = is_statement && self.counted.fetch_add(1, Ordering::SeqCst) + 1 == self.nth;
            if is_due && self.fault.is_before() {
                return self.stop();
            }
            if is_due {
                while answered.try_recv().is_ok() {}
                mute.store(true, Ordering::SeqCst);
            }
            self.server.write_all(&message)?;
            if is_due && self.fault.is_within() {
                // Another moment for each statement, and the same each time.
                let moment = self.nth.wrapping_mul(7_919) % WITHIN;
                let _ = answered.recv_timeout(Duration::from_micros(moment as u64));
                return self.stop();
            }
            if is_due {
                let _ = answered.recv();
                return self.stop();
            }
        }
    }

    /// Tells that the statement is there, and waits until whoever is told has done what belongs to it.
    fn stop(&self) -> io::Result<()> {
        let (done, wait) = channel();
        if self.tell.send(done).is_ok() {
            let _ = wait.recv();
        }
        Ok(())
    }

    /// A message of the client, and whether it makes the server do something.
    fn message(&mut self, is_first: &mut bool) -> io::Result<(Vec<u8>, bool)> {
        match self.dialect {
            Dialect::Postgres => {
                let head = if *is_first { 4 } else { 5 };
                let mut message = vec![0; head];
                self.client.read_exact(&mut message)?;
                let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize - 4;
                message.resize(head + length, 0);
                self.client.read_exact(&mut message[head..])?;
                // A simple query, or the end of an extended one.
                let is_statement = !*is_first && matches!(message[0], b'Q' | b'S');
                *is_first = false;
                Ok((message, is_statement))
            }
            _ => {
                let mut message = vec![0; 4];
                self.client.read_exact(&mut message)?;
                let length = u32::from_le_bytes([message[0], message[1], message[2], 0]) as usize;
                let sequence = message[3];
                message.resize(4 + length, 0);
                self.client.read_exact(&mut message[4..])?;
                // COM_QUERY and COM_STMT_EXECUTE begin a conversation.
                let is_statement = sequence == 0 && matches!(message.get(4), Some(0x03 | 0x17));
                Ok((message, is_statement))
            }
        }
    }
}
