//! A small blog: brings its database up to date at the start, writes a post, and prints what readers see.
//!
//! `cargo run -p microblog` prints the timeline; `cargo run -p microblog -- ada "A title" "A body"` writes first.

mod blog;
mod models;

migratable::schema!();

use std::error::Error;

use diesel::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut db = SqliteConnection::establish("microblog.db")?;
    microblog_migrations::migrator().upgrade(&mut db)?;
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
