//! What only newer servers have; on an older one there is nothing to see.

use migratable::inspect::inspect;

use super::database::{Throwaway, run, values};
use super::pairs::turn;

#[test]
fn periods_and_constraints_that_are_not_enforced_come_and_go() {
    const PLAIN: &str = "CREATE EXTENSION IF NOT EXISTS btree_gist;
        CREATE TABLE rooms (id int, during daterange, seats int);
        CREATE TABLE bookings (room int, during daterange, guest int);";
    const PERIODS: &str = "CREATE EXTENSION IF NOT EXISTS btree_gist;
        CREATE TABLE rooms (id int, during daterange, seats int UNIQUE,
            CONSTRAINT rooms_key PRIMARY KEY (id, during WITHOUT OVERLAPS),
            CONSTRAINT has_seats CHECK (seats > 0) NOT ENFORCED);
        CREATE TABLE bookings (room int, during daterange, guest int,
            CONSTRAINT of_room FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during),
            CONSTRAINT seated FOREIGN KEY (guest) REFERENCES rooms (seats) NOT ENFORCED);";
    let (there, plain, periods) = (Throwaway::new(), Throwaway::new(), Throwaway::new());
    let version = values(&mut there.connect(), "SELECT current_setting('server_version_num')");
    if version.join("").parse::<u32>().unwrap() < 180_000 {
        return;
    }
    for (database, sql) in [(&there, PLAIN), (&plain, PLAIN), (&periods, PERIODS)] {
        run(&mut database.connect(), sql);
    }
    run(
        &mut there.connect(),
        "INSERT INTO rooms VALUES (1, '[2024-01-01,2024-02-01)', -1), (1, '[2024-02-01,2024-03-01)', 2);
         INSERT INTO bookings VALUES (1, '[2024-01-15,2024-02-15)', 7)",
    );
    for wanted in [&periods, &plain, &periods] {
        turn(&there, &inspect(&mut wanted.connect()).unwrap(), &[]).unwrap();
    }
    turn(&there, &inspect(&mut plain.connect()).unwrap(), &[]).unwrap();
    run(&mut there.connect(), "UPDATE bookings SET during = '[2024-01-15,2024-03-15)'");
    let error = turn(&there, &inspect(&mut periods.connect()).unwrap(), &[]).unwrap_err();
    assert!(error.contains("rows of `rooms` that are not there") || error.contains("of_room"), "{error}");
}
