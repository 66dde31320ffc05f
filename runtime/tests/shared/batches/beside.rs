//! What others do while rows are worked on.

use std::cell::{Cell, RefCell};

use migratable::{Error, Event, Observer, Options};

use crate::database::{Db, Program};

/// Upgrades, and does something on another connection behind each batch, which is told by its number from 0. Gives back
/// how many batches there were.
pub fn upgrade(program: &Program, db: &mut Db, other: &mut Db, does: impl FnMut(u32, &mut Db)) -> Result<u32, Error> {
    let (other, batches, does) = (RefCell::new(other), Cell::new(0), RefCell::new(does));
    let observe = |event: &Event<'_>| {
        if let Event::Rows { .. } = event {
            (does.borrow_mut())(batches.replace(batches.get() + 1), *other.borrow_mut());
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(db, "head", &options)?;
    Ok(batches.get())
}
