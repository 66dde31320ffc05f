//! Databases on a server that go with the value that holds them.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::database::{Db, connect, create, remove, url};

/// A database of its own and a connection to it; dropped at the end.
pub struct Throwaway {
    pub name: String,
    pub url: String,
    connection: Db,
}

impl Throwaway {
    pub fn new() -> Throwaway {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("migratable_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        create(&name);
        let url = url(&name);
        Throwaway { connection: connect(&url), url, name }
    }
}

/// An empty database.
pub fn throwaway() -> Throwaway {
    Throwaway::new()
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

impl Deref for Throwaway {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.connection
    }
}

impl DerefMut for Throwaway {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.connection
    }
}
