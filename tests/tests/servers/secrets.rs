//! A password in a URL is seen by nobody: not in what commands print or say, not in events, not in the database.

use std::cell::RefCell;
use std::process::Command;

use migratable::{AnyConnection, Event, Migrator, Observer, Options};
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::program::FAILING;

/// `s3cret@w0rd/pa55%40x`, and each part of it that something may cut out of a URL.
const ENCODED: &str = "s3cret%40w0rd%2Fpa55%2540x";
const PARTS: [&str; 3] = ["s3cret", "w0rd", "pa55"];

const SCHEMES: [(Dialect, &str); 2] = [(Dialect::Postgres, "postgres"), (Dialect::Mysql, "mysql")];

fn assert_hushed(text: &str, what: &str) {
    for part in PARTS {
        assert!(!text.contains(part), "{what}: {text}");
    }
}

/// A user with the password, for a test.
struct User<'a> {
    database: &'a Database<'a>,
    name: String,
}

impl<'a> User<'a> {
    fn new(database: &'a Database<'a>, number: u32) -> User<'a> {
        let user = User { database, name: format!("migratable_secret_{}_{number}", std::process::id()) };
        let name = &user.name;
        let create = match database.dialect() {
            Dialect::Mysql => {
                format!("CREATE USER {name} IDENTIFIED BY 's3cret@w0rd/pa55%40x'; GRANT ALL ON *.* TO {name};")
            }
            _ => format!("CREATE ROLE {name} LOGIN SUPERUSER PASSWORD 's3cret@w0rd/pa55%40x';"),
        };
        user.database.run(&create).unwrap();
        user
    }

    /// Host and port, and the name of the database.
    fn place(&self) -> (String, String) {
        let url = self.database.url();
        let (front, name) = url.rsplit_once('/').unwrap();
        let (_, address) = front.rsplit_once('@').unwrap();
        (address.to_owned(), name.split('?').next().unwrap().to_owned())
    }

    /// URLs that lead to the database.
    fn urls(&self, scheme: &str) -> Vec<String> {
        let (user, (address, name)) = (&self.name, self.place());
        let mut urls = vec![format!("{scheme}://{user}:{ENCODED}@{address}/{name}")];
        if self.database.dialect() == Dialect::Postgres {
            urls.push(format!("{scheme}://{address}/{name}?user={user}&password={ENCODED}"));
            // libpq takes what is not encoded there.
            urls.push(format!("{scheme}://{address}/{name}?password=s3cret@w0rd/pa55%2540x&user={user}"));
        }
        urls
    }

    /// URLs that lead nowhere.
    fn wrong_urls(&self, scheme: &str) -> Vec<String> {
        let (user, (address, name)) = (&self.name, self.place());
        let mut urls: Vec<String> = [
            format!("{user}:{ENCODED}@127.0.0.1:1/{name}"),
            format!("{user}:{ENCODED}@{address}/migratable_nowhere"),
            format!("{user}_not:{ENCODED}@{address}/{name}"),
            format!("{user}:s3cret@w0rd/pa55@{address}/{name}"),
            format!("{user}_not:s3cret@w0rd@{address}/{name}"),
            format!("{user}:s3cret/w0rd@{address}/{name}"),
            format!("{user}:12345/w0rd@{address}/{name}"),
            format!("{user}_not:s3cret?w0rd#pa55@{address}/{name}"),
            format!("{user}_not:s3cret%zzw0rd@{address}/{name}"),
            format!("{user}:s3cret w0rd@[bad/{name}"),
            format!("{user}_not:{ENCODED}@{address}/{name}?bogus=1"),
        ]
        .iter()
        .map(|rest| format!("{scheme}://{rest}"))
        .collect();
        if self.database.dialect() == Dialect::Postgres {
            urls.push(format!("{scheme}://{address}/{name}?user={user}_not&password=s3cret&w0rd"));
            urls.push(format!("{scheme}://{address}/{name}?password=s3cret%zzw0rd&user={user}_not"));
        }
        urls.push(format!("{scheme}:/{user}:{ENCODED}@{address}/{name}"));
        urls.push(format!("oracle://{user}:{ENCODED}@{address}/{name}"));
        urls.push(format!("host=127.0.0.1 user={user} password='s3cret w0rd'"));
        urls
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let drop = match self.database.dialect() {
            Dialect::Mysql => format!("DROP USER {name};"),
            _ => format!("DROP OWNED BY {name}; DROP ROLE {name};"),
        };
        self.database.run(&drop).unwrap();
    }
}

/// Runs a command with the URL where it is usually given and where else it can be; gives its status and all that it says.
fn migrate(history: &str, url: &str, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refused"));
    command.env("HISTORY", history).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").env("DATABASE_URL", url);
    let ran = command.current_dir(std::env::temp_dir()).args(words).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.code().unwrap(), said)
}

/// Every command that may connect, in an order in which each has something to do or is refused: the history of the
/// program, the words, and the status.
fn commands(url: &str) -> Vec<(&'static str, Vec<&str>, i32)> {
    vec![
        ("sound", vec!["ensure-version"], 0),
        ("sound", vec!["upgrade", "--dry-run"], 0),
        ("sound", vec!["upgrade", "--sql"], 0),
        ("sound", vec!["--database-url", url, "upgrade", "a1"], 0),
        ("halves", vec!["upgrade", "--transaction", "none"], 1),
        ("halves", vec!["current"], 0),
        ("halves", vec!["status"], 0),
        ("halves", vec!["verify"], 1),
        ("halves", vec!["repair", "b2", "--not-applied", "--reason", "x"], 0),
        ("sound", vec!["upgrade"], 1),
        ("sound", vec!["stamp", "head"], 0),
        ("sound", vec!["upgrade"], 0),
        ("first", vec!["upgrade"], 1),
        ("first", vec!["stamp", "a1"], 1),
        ("branch", vec!["upgrade"], 1),
        ("sound", vec!["upgrade", "--backup"], 1),
        ("sound", vec!["repair", "a1", "--reason", "x"], 1),
        ("sound", vec!["current", "-v"], 0),
        ("sound", vec!["status"], 0),
        ("sound", vec!["history", "-i"], 0),
        ("sound", vec!["show", "current"], 0),
        ("sound", vec!["verify"], 0),
        ("sound", vec!["verify", "--scratch-url", url], 0),
        ("sound", vec!["diff", "--from", url, "--to", url, "--sql"], 0),
        ("sound", vec!["stamp", "a1"], 0),
        ("sound", vec!["stamp", "head"], 0),
        ("sound", vec!["downgrade", "base"], 0),
    ]
}

#[test]
fn a_password_is_in_nothing_that_a_command_says_or_writes() {
    for (dialect, scheme) in SCHEMES {
        let server = Server::of(dialect).unwrap();
        let database = server.database("secrets").unwrap();
        let user = User::new(&database, 1);
        for (at, url) in user.urls(scheme).into_iter().enumerate() {
            for report in [&[][..], &["--json"]].into_iter().skip(at.min(1)) {
                database.make("").unwrap();
                for (history, words, status) in commands(&url) {
                    let takes_json = !words.contains(&"ensure-version") && !words.contains(&"--sql");
                    let words = [&words[..], if takes_json { report } else { &[] }].concat();
                    let (ended, said) = migrate(history, &url, &words);
                    assert_eq!(ended, status, "{dialect} {words:?}: {said}");
                    assert_hushed(&said, &format!("{words:?}"));
                    let unfinished = words.contains(&"none");
                    for table in ["revisions", "repairs", "journal"] {
                        // Not each is there at any time.
                        let held = database.query(&format!("SELECT * FROM migratable_{table};"));
                        assert!(held.is_ok() || table != "journal" || !unfinished, "{held:?}");
                        assert_hushed(&held.unwrap_or_default(), table);
                    }
                }
            }
        }
    }
}

#[test]
fn a_password_is_in_no_error_of_a_server_that_lets_nobody_in() {
    for (dialect, scheme) in SCHEMES {
        let server = Server::of(dialect).unwrap();
        let database = server.database("secrets_wrong").unwrap();
        let user = User::new(&database, 2);
        let right = user.urls(scheme).remove(0);
        for url in user.wrong_urls(scheme) {
            let as_option = format!("--transaction={url}");
            let commands: [&[&str]; 10] = [
                &["current"],
                &["upgrade", "--json"],
                &["verify"],
                &["status", "--json"],
                &["--database-url", &url, "stamp", "head"],
                &["diff", "--from", &right, "--to", &url],
                &["--database-url", &right, "verify", "--scratch-url", &url],
                // It stands where a revision is meant, and where nothing is.
                &["upgrade", &url],
                &["current", &url],
                &["upgrade", &as_option],
            ];
            for words in commands {
                let (_, said) = migrate("sound", &url, words);
                assert_hushed(&said, &format!("{words:?} {url}"));
            }
            assert_ne!(migrate("sound", &url, &["current"]).0, 0, "{url}");
        }
    }
}

#[test]
fn a_password_is_in_no_event_and_no_error_of_the_library() {
    for (dialect, scheme) in SCHEMES {
        let server = Server::of(dialect).unwrap();
        let database = server.database("secrets_events").unwrap();
        let user = User::new(&database, 3);
        for url in user.urls(scheme) {
            database.make("").unwrap();
            let told = RefCell::new(String::new());
            let observe = |event: &Event<'_>| *told.borrow_mut() += &format!("{event:?}\n");
            let options = Options { observer: Observer::new(&observe), ..Options::default() };
            let mut connection = AnyConnection::open(dialect, &url).unwrap();
            let error = Migrator::new(&FAILING).upgrade_to(&mut connection, "head", &options).unwrap_err();
            assert!(told.borrow().contains("Failed"), "{told:?}");
            assert_hushed(&format!("{}{error}{error:?}", told.borrow()), "events");
        }
    }
}
