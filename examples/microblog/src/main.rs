//! A small blog: brings its database up to date at the start, writes a post, and prints what readers see.
//!
//! `cargo run -p microblog` prints the timeline; `cargo run -p microblog -- ada "A title" "A body"` writes first.

mod blog;
mod models;

migratable::schema!();

use std::error::Error;

use diesel::prelude::*;
use migratable::Dialect;

fn main() -> Result<(), Box<dyn Error>> {
    // The revisions run on three databases; the blog itself lives on one.
    let mut db = microblog_migrations::Db::open(Dialect::Sqlite, "microblog.db")?;
    microblog_migrations::migrator().upgrade(&mut db)?;
    drop(db);
    let mut db = SqliteConnection::establish("microblog.db")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {}
        [author, title, body] => blog::publish(&mut db, author, title, body)?,
        _ => return Err("usage: microblog [AUTHOR TITLE BODY]".into()),
    }
    for line in blog::timeline(&mut db)? {
        println!("{line}");
    }
    Ok(())
}
