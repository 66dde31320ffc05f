//! What a user reads who may do nothing else.

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use super::program::{Program, SOUND};

const TABLES: &str = "
    CREATE TABLE p (id INTEGER PRIMARY KEY);
    CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER, v INTEGER CHECK (v > 0), CONSTRAINT ck CHECK (id > 0),
        CONSTRAINT a FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL,
        CONSTRAINT b FOREIGN KEY (v) REFERENCES p (id));
    CREATE VIEW shown AS SELECT id FROM t;
    CREATE TRIGGER noted BEFORE UPDATE ON t FOR EACH ROW SET NEW.v = 1;";

#[test]
fn who_may_only_read_sees_all_of_the_tables_and_is_told_of_the_rest() {
    const USER: &str = "migratable_onlooker";
    let server = Server::of(Dialect::Mysql).unwrap();
    let (database, empty) = (server.database("seen").unwrap(), server.database("unseen").unwrap());
    database.make(TABLES).unwrap();
    empty.make("").unwrap();
    let url = database.url();
    let name = url.rsplit_once('/').unwrap().1;
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, rest) = rest.split_once('@').unwrap();
    let own = format!("{scheme}://{USER}@{rest}");
    database
        .run(&format!("DROP USER IF EXISTS {USER}; CREATE USER {USER}; GRANT SELECT ON {name}.* TO {USER};"))
        .unwrap();
    let program = Program::new(&database, &SOUND, "");
    let diff = |to: &str, more: &[&str]| program.said(&[&["diff", "--from", &own, "--to", to], more].concat());

    // The server hides the rules of foreign keys from such a user in the information schema.
    let (out, err) = diff(&url, &[]).unwrap();
    assert_eq!(out, "", "{err}");
    assert!(err.contains("what the view shown reads: this user may not see it, grant SHOW VIEW"), "{err}");
    assert!(err.contains("which triggers there are: this user may not see it, grant TRIGGER"), "{err}");
    let error = diff(&empty.url(), &["--sql", "--allow-loss"]).unwrap_err();
    assert!(error.contains("grant SHOW VIEW, TRIGGER"), "{error}");

    database.run(&format!("GRANT SHOW VIEW, TRIGGER ON {name}.* TO {USER};")).unwrap();
    let (out, err) = diff(&url, &[]).unwrap();
    assert!(out.is_empty() && err.contains("trigger noted of t") && !err.contains("unseen"), "{out}{err}");
    let error = diff(&empty.url(), &["--sql", "--allow-loss"]).unwrap_err();
    assert!(error.contains("the view shown needs `t` and is not managed"), "{error}");
    database.run(&format!("DROP USER {USER};")).unwrap();
}

#[test]
fn a_scratch_space_elsewhere_has_the_usual_texts_of_the_database_that_is_read() {
    let server = Server::of(Dialect::Mysql).unwrap();
    let (database, elsewhere) = (server.database("usual").unwrap(), server.database("scratch").unwrap());
    let name = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
    let (own, scratch) = (database.url(), elsewhere.url());
    database.run(&format!("ALTER DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;", name(&own))).unwrap();
    elsewhere.run(&format!("ALTER DATABASE {} CHARACTER SET latin1;", name(&scratch))).unwrap();
    let program = Program::new(&database, &SOUND, "");
    program.ok(&["upgrade"]);
    assert!(program.ok(&["verify", "--scratch-url", &scratch]).starts_with("clean: "));
    assert_eq!(program.ok(&["diff", "--from", &own, "--to", "a2", "--sql", "--scratch-url", &scratch]), "");
    assert_eq!(program.ok(&["diff", "--from", "a2", "--to", &own, "--sql", "--scratch-url", &scratch]), "");
    // A database may be taken for the next test.
    database.run(&format!("ALTER DATABASE {} CHARACTER SET utf8mb4;", name(&own))).unwrap();
    elsewhere.run(&format!("ALTER DATABASE {} CHARACTER SET utf8mb4;", name(&scratch))).unwrap();
}
