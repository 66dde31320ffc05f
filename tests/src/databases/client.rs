//! The databases' own clients, and throwaway databases made with them.

use std::cell::{RefCell, RefMut};
use std::env;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use migratable_core::Dialect;
use tempfile::TempDir;

use super::session::{SQLITE_SETTINGS, Session};

/// Where throwaway databases are made.
pub struct Server {
    dialect: Dialect,
    url: String,
    folder: TempDir,
}

impl Server {
    /// The server that the environment names, else the one of this machine.
    ///
    /// # Errors
    /// If it cannot be had: what it was, and why.
    pub fn of(dialect: Dialect) -> Result<Server, String> {
        let named = |variable: &str, local: &str| env::var(variable).unwrap_or_else(|_| local.to_owned());
        let url = match dialect {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => named("MIGRATABLE_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
            Dialect::Mysql => named("MIGRATABLE_MYSQL_URL", "mysql://root@127.0.0.1:3306/"),
        };
        // In memory, if there is such a place and no other is asked for: no file outlives its test.
        let folder = match env::var_os("TMPDIR") {
            Some(_) => tempfile::tempdir(),
            None => tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()),
        };
        let folder = folder.map_err(|error| error.to_string())?;
        let server = Server { dialect, url, folder };
        server.query("SELECT 1").map_err(|error| {
            format!("there is no {dialect} to test on ({error}); ./test starts one, or names it in the environment")
        })?;
        Ok(server)
    }

    /// The URL by which it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes an empty database, which lives as long as what is given back.
    ///
    /// # Errors
    /// With what the client said.
    pub fn database(&self, name: &str) -> Result<Database<'_>, String> {
        let name = format!("migratable_corpus_{}_{name}", std::process::id());
        let database = Database { server: self, name, session: None };
        if self.dialect != Dialect::Sqlite {
            let name = &database.name;
            self.query(&format!("DROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name};"))?;
        }
        Ok(database)
    }

    fn query(&self, sql: &str) -> Result<String, String> {
        let database = match self.dialect {
            Dialect::Sqlite => ":memory:".to_owned(),
            _ => self.url_of(None),
        };
        run(self.client(&database), sql)
    }

    /// The URL of the server with another database in it.
    fn url_of(&self, database: Option<&str>) -> String {
        let Some(database) = database else { return self.url.clone() };
        let (before, query) =
            self.url.split_once('?').map_or((&*self.url, String::new()), |(url, query)| (url, format!("?{query}")));
        let host_at = before.find("://").map_or(0, |at| at + 3);
        let host_end = before[host_at..].find('/').map_or(before.len(), |at| host_at + at);
        format!("{}/{database}{query}", &before[..host_end])
    }

    /// The client of a database, by its URL or file, reading from its standard input and printing bare values.
    fn client(&self, database: &str) -> Command {
        match self.dialect {
            Dialect::Sqlite => {
                let mut command = Command::new("sqlite3");
                command.args(["-cmd", SQLITE_SETTINGS, database]);
                command
            }
            Dialect::Postgres => {
                let mut command = Command::new("psql");
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database]);
                command
                    .env("PGOPTIONS", "-c client_min_messages=warning -c synchronous_commit=off")
                    .env("PGCLIENTENCODING", "UTF8");
                command
            }
            Dialect::Mysql => mariadb(database),
        }
    }
}

/// `mariadb` with the parts of a URL.
fn mariadb(url: &str) -> Command {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("root", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = host.split_once(':').unwrap_or((host, "3306"));
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"]);
    command.args(["--protocol=tcp", "-h", host, "-P", port, "-u", user]).arg(database).env("MYSQL_PWD", password);
    command
}

/// Takes all that there is out of a PostgreSQL database: quicker than a new one.
const EMPTY_POSTGRES: &str = "
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
END $$;
CREATE SCHEMA public;
";

/// A throwaway database.
pub struct Database<'a> {
    server: &'a Server,
    name: String,
    /// What is used instead of the clients, if it is there.
    session: Option<RefCell<Session>>,
}

impl<'a> Database<'a> {
    /// The same on a connection of this process that stays open, which is quicker than a client for each script.
    ///
    /// # Errors
    /// With what the database said.
    pub fn kept_open(mut self) -> Result<Database<'a>, String> {
        self.session = Some(RefCell::new(Session::open(self.dialect(), &self.url())?));
        Ok(self)
    }

    /// The connection, if the database is kept open.
    pub fn session(&self) -> Option<RefMut<'_, Session>> {
        self.session.as_ref().map(RefCell::borrow_mut)
    }

    /// What kind of database it is.
    pub fn dialect(&self) -> Dialect {
        self.server.dialect
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL by which the product finds it.
    pub fn url(&self) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("sqlite://{}", self.file()),
            _ => self.server.url_of(Some(&self.name)),
        }
    }

    /// Empties the database and runs SQL in it.
    ///
    /// # Errors
    /// With what the client said.
    pub fn make(&self, sql: &str) -> Result<(), String> {
        match self.dialect() {
            Dialect::Sqlite => {
                // A new file: what a connection still holds of the old one is none of its business.
                let _ = fs::remove_file(self.file());
                fs::write(self.file(), "").map_err(|error| error.to_string())?;
                if let Some(mut session) = self.session() {
                    *session = Session::open(Dialect::Sqlite, &self.url())?;
                }
                self.run(sql)
            }
            Dialect::Postgres | Dialect::Mysql => self.run(&format!("{}{sql}", self.emptying())),
        }
    }

    /// Empties the database and runs SQL in it, with the database's own client in any case.
    ///
    /// # Errors
    /// With what the client said.
    pub fn make_by_client(&self, sql: &str) -> Result<(), String> {
        match self.dialect() {
            Dialect::Sqlite => {
                self.make("")?;
                self.run_by_client(sql)
            }
            Dialect::Postgres | Dialect::Mysql => self.run_by_client(&format!("{}{sql}", self.emptying())),
        }
    }

    fn emptying(&self) -> String {
        let name = &self.name;
        match self.dialect() {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => EMPTY_POSTGRES.to_owned(),
            Dialect::Mysql => format!(
                "SET foreign_key_checks = 0;\nCREATE OR REPLACE DATABASE {name} CHARACTER SET utf8mb4;\nUSE {name};\n\
                 SET foreign_key_checks = 1;\n"
            ),
        }
    }

    /// Runs SQL with the database's own client, which stops at the first error.
    ///
    /// # Errors
    /// With what the client said.
    pub fn run(&self, sql: &str) -> Result<(), String> {
        match self.session() {
            Some(mut session) => session.run(sql),
            None => self.run_by_client(sql),
        }
    }

    /// Runs SQL with the database's own client in any case.
    ///
    /// # Errors
    /// With what the client said.
    pub fn run_by_client(&self, sql: &str) -> Result<(), String> {
        run(self.client(), sql).map(drop)
    }

    /// Runs SQL with the database's own client, and gives back what it printed.
    ///
    /// # Errors
    /// With what the client said.
    pub fn query(&self, sql: &str) -> Result<String, String> {
        if let Some(mut session) = self.session() {
            return session.query(sql);
        }
        run(self.client(), sql)
    }

    fn client(&self) -> Command {
        match self.dialect() {
            Dialect::Sqlite => self.server.client(&self.file()),
            Dialect::Postgres | Dialect::Mysql => self.server.client(&self.url()),
        }
    }

    /// The schema as `pg_dump` prints it.
    ///
    /// # Errors
    /// With what it said.
    pub fn pg_dump(&self) -> Result<String, String> {
        let mut command = Command::new("pg_dump");
        command.args(["-s", "--no-owner", "--no-privileges", "-d", &self.url()]);
        // What nothing here has, and costs a query each.
        command.args(["--no-security-labels", "--no-publications", "--no-subscriptions"]);
        run(command, "")
    }

    fn file(&self) -> String {
        self.server.folder.path().join(&self.name).display().to_string()
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        // What is left behind by a server that has gone away is gone with it.
        let _ = match self.dialect() {
            Dialect::Sqlite => fs::remove_file(self.file()).map_err(|error| error.to_string()),
            Dialect::Postgres => self.server.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).map(drop),
            Dialect::Mysql => {
                let sql = format!("SET foreign_key_checks = 0;\nDROP DATABASE IF EXISTS {name}");
                self.server.query(&sql).map(drop)
            }
        };
    }
}

/// Runs a client on a text. Whatever it says on its standard error is an error: `sqlite3` goes on after one.
fn run(mut command: Command, input: &str) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(failed)?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // A client that stops at an error does not read to the end.
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && said.trim().is_empty() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(if said.trim().is_empty() { output.status.to_string() } else { said.trim().to_owned() })
    }
}
