//! What others may do while a table becomes what a revision says, where no lock outlives a change of a table.

use std::cell::RefCell;

use migratable::diesel::connection::SimpleConnection;
use migratable::{Event, Observer, Options};

use crate::database::{one, run, two};
use crate::shared::batches::{fill, people, person, program};

#[test]
fn nobody_else_writes_between_the_last_batch_and_the_change_of_the_table() {
    let program = program(5);
    let (_stays, mut db, other) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    fill(&mut db);
    let (other, refused) = (RefCell::new(other), RefCell::new(Vec::new()));
    let observe = |event: &Event<'_>| {
        if let Event::Progresses { operation, .. } = event
            && operation.contains("drop column")
        {
            let mut other = other.borrow_mut();
            for statement in [person(77, "1"), "UPDATE people SET age = '7' WHERE id = 7".to_owned()] {
                refused.borrow_mut().push(other.batch_execute(&statement).unwrap_err().to_string());
            }
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    let refused = refused.borrow();
    assert!(refused.len() >= 2, "{refused:?}");
    assert!(refused.iter().all(|it| it == "people is being migrated: try again in a moment"), "{refused:?}");
    assert_eq!(people(&mut db).len(), 23);
    // Behind it, they write again, also on the connection of the tool itself.
    for db in [&mut db, &mut *other.borrow_mut()] {
        run(db, "UPDATE people SET age = age + 1 WHERE id = 7");
    }
    assert_eq!(one(&mut db, "SELECT CAST(age AS char) FROM people WHERE id = 7"), "42");
    assert_eq!(
        one(
            &mut db,
            "SELECT CAST(count(*) AS char) FROM information_schema.triggers WHERE trigger_schema = database()"
        ),
        "0"
    );
}
