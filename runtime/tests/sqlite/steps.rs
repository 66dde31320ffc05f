//! Data steps that do not leave the transaction as they found it.

use migratable::diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use migratable::revision::*;
use migratable::{Error, Options, Transaction};

use super::database::{Db, Program, line, memory, nothing, one, run, values};

type Change = fn(&mut Operations);
type Transactions = AnsiTransactionManager;

fn base(op: &mut Operations) {
    op.create_table(table("a").column(column("x", text())));
}

/// Two revisions that are there already, one that puts a row in, and one that puts in another and then runs a step.
fn program(step: Change) -> Program {
    let row = |op: &mut Operations| op.bulk_insert("a", ["x"], [[value("of r2")]]);
    line(&[(base, nothing), (row, nothing), (step, nothing)])
}

#[test]
fn a_step_that_ends_the_transaction_is_noticed_and_what_it_committed_is_not_denied() {
    fn commits(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("INSERT INTO a VALUES ('of the step'); COMMIT")?)
    }
    fn commits_and_begins(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("INSERT INTO a VALUES ('of the step'); COMMIT; BEGIN; INSERT INTO a VALUES ('late')")?)
    }
    fn commits_by_diesel(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO a VALUES ('of the step')")?;
        Ok(Transactions::commit_transaction(db)?)
    }
    fn commits_and_begins_by_diesel(db: &mut Db) -> Result<()> {
        commits_by_diesel(db)?;
        Ok(Transactions::begin_transaction(db)?)
    }
    fn commits_by_diesel_and_begins_by_sql(db: &mut Db) -> Result<()> {
        commits_by_diesel(db)?;
        Ok(db.batch_execute("BEGIN; INSERT INTO a VALUES ('late')")?)
    }
    fn commits_in_a_transaction_of_its_own(db: &mut Db) -> Result<()> {
        Transactions::begin_transaction(db)?;
        commits(db)
    }
    fn rolls_back(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("ROLLBACK")?)
    }
    fn rolls_back_and_begins(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("ROLLBACK; BEGIN; INSERT INTO a VALUES ('late')")?)
    }
    let committed = "of r2,of the step";
    let cases: [(Change, &str); 8] = [
        (|op| op.run(commits), committed),
        (|op| op.run(commits_and_begins), committed),
        (|op| op.run(commits_by_diesel), committed),
        (|op| op.run(commits_and_begins_by_diesel), committed),
        (|op| op.run(commits_by_diesel_and_begins_by_sql), committed),
        (|op| op.run(commits_in_a_transaction_of_its_own), committed),
        (|op| op.run(rolls_back), ""),
        (|op| op.run(rolls_back_and_begins), ""),
    ];
    for (at, (step, stayed)) in cases.into_iter().enumerate() {
        let (program, mut db) = (program(step), memory());
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();

        let text = program.upgrade(&mut db).unwrap_err().to_string();

        assert!(
            text.contains("revision r3 (a change) failed at `run ") && text.contains("by COMMIT or ROLLBACK"),
            "{text}"
        );
        assert!(text.contains("may have stayed") && !text.contains("Nothing was changed"), "{at}: {text}");
        assert_eq!(one(&mut db, "SELECT x FROM a"), stayed, "{at}");
        assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1", "{at}");
        run(&mut db, "BEGIN; ROLLBACK");
        assert_eq!(Transactions::transaction_manager_status_mut(&mut db).transaction_depth().unwrap(), None, "{at}");
    }
}

#[test]
fn a_step_that_commits_and_then_fails_keeps_its_own_reason() {
    fn commits_and_fails(db: &mut Db) -> Result<()> {
        db.batch_execute("COMMIT; BEGIN")?;
        Err("no more bread".into())
    }
    let (program, mut db) = (program(|op| op.run(commits_and_fails)), memory());
    let each = Options { transaction: Transaction::Revision, ..Options::default() };
    let Err(Error::Failed(failure)) = program.upgrade_to(&mut db, "head", &each) else { panic!() };
    assert!(failure.ended);
    let text = failure.to_string();
    assert!(text.contains("no more bread") && text.contains("may have stayed"), "{text}");
    assert!(text.contains("Done before it, and kept: r1, r2.") && !text.contains("Nothing was changed"), "{text}");
}

#[test]
fn a_step_that_leaves_its_own_transaction_open_changes_nothing() {
    fn forgets(db: &mut Db) -> Result<()> {
        Transactions::begin_transaction(db)?;
        Ok(db.batch_execute("INSERT INTO a VALUES ('of the step')")?)
    }
    let (program, mut db) = (program(|op| op.run(forgets)), memory());
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let text = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(text.contains("the step `forgets` did not end a transaction that it began"), "{text}");
    assert!(text.ends_with("Nothing was changed."), "{text}");
    assert_eq!(one(&mut db, "SELECT count(*) FROM a"), "0");
    assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1"]);
}

#[test]
fn a_statement_that_rolls_everything_back_by_itself_leaves_a_connection_that_works() {
    fn rolls_back(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("INSERT OR ROLLBACK INTO u VALUES (1), (1)")?)
    }
    let cases: [(Change, bool); 2] =
        [(|op| op.execute(sql("INSERT OR ROLLBACK INTO u VALUES (1), (1)")), false), (|op| op.run(rolls_back), true)];
    for (change, ended) in cases {
        let (program, mut db) = (program(change), memory());
        run(&mut db, "CREATE TABLE u (x INTEGER PRIMARY KEY)");
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let Err(Error::Failed(failure)) = program.upgrade(&mut db) else { panic!() };
        assert!(failure.to_string().contains("UNIQUE constraint failed: u.x"), "{failure}");
        assert_eq!(failure.ended, ended);
        assert_eq!(one(&mut db, "SELECT count(*) FROM a"), "0");
        program.upgrade_to(&mut db, "r2", &Options::default()).unwrap();
        assert_eq!(one(&mut db, "SELECT x FROM a"), "of r2");
    }
}
