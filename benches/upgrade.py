"""1,000 revisions of plain statements: Migratable beside each database's own client, and beside its peers."""

import shutil
import statistics

from tools import DIESEL, MYSQL, POSTGRES, ROOT, WORK, alembic, mariadb_client, project, run, say, timed, wants, write

COUNT = 1000
NAME = "migratable_bench_a"


def story():
    """100 tables, 900 columns; for each the calls there and back."""
    for number in range(COUNT):
        table, column = number // 10, f"c{number % 10}"
        if number % 10 == 0:
            yield (f'create_table(table("t{table}").column(column("id", bigint()).identity(identity()))'
                   f'.column(column("name", text())).primary_key("pk_t{table}", ["id"]))', f'drop_table("t{table}")')
        else:
            yield (f'add_column("t{table}", column("{column}", text()).nullable())',
                   f'drop_column("t{table}", "{column}")')


def runner():
    """A release binary with the revisions: `runner URL all|revision|none|script|current|nothing`."""
    functions, entries = [], []
    for number, (up, down) in enumerate(story()):
        functions.append(f"fn u{number}(op: &mut Operations) {{ op.{up}; }}\n"
                         f"fn d{number}(op: &mut Operations) {{ op.{down}; }}\n")
        after = f'&["{number - 1:012x}"]' if number else "&[]"
        entries.append(f'    Revision {{ id: "{number:012x}", after: {after}, depends_on: &[], labels: &[], replaces: &[], '
                       f'message: "m", file: "f.rs", checksum: "v1:{number:016x}", steps_checksum: None, '
                       f'transaction: None, upgrade: u{number}, downgrade: d{number} }},\n')
    main = f"""
use std::time::Instant;

use migratable::revision::*;
use migratable::{{AnyConnection, Dialect, Migrator, Options, Revision, Transaction}};

{''.join(functions)}
static REVISIONS: [Revision; {COUNT}] = [
{''.join(entries)}];

/// How long something takes on a new connection, on an average.
fn each(connect: impl Fn() -> AnyConnection, act: impl Fn(&mut AnyConnection)) {{
    let mut all = 0.0;
    for _ in 0..100 {{
        let mut db = connect();
        let start = Instant::now();
        act(&mut db);
        all += start.elapsed().as_secs_f64();
    }}
    println!("{{}}", all / 100.0);
}}

fn main() {{
    let arguments: Vec<String> = std::env::args().collect();
    let migrator = Migrator::<AnyConnection>::new(&REVISIONS);
    let (dialect, url) = match arguments[1].split_once("://").unwrap() {{
        ("sqlite", file) => (Dialect::Sqlite, file),
        ("postgres", _) => (Dialect::Postgres, &*arguments[1]),
        _ => (Dialect::Mysql, &*arguments[1]),
    }};
    let connect = || AnyConnection::open(dialect, url).unwrap();
    let transaction = match arguments[2].as_str() {{
        "all" => Transaction::All,
        "revision" => Transaction::Revision,
        "none" => Transaction::None,
        "script" => return print!("{{}}", migrator.upgrade_sql(dialect, "base:head").unwrap()),
        "current" => return each(connect, |db| drop(migrator.ensure_current(db).unwrap())),
        _ => return each(connect, |db| drop(migrator.upgrade(db).unwrap())),
    }};
    let options = Options {{ transaction, ..Options::default() }};
    migrator.upgrade_to(&mut connect(), "head", &options).unwrap();
}}
"""
    folder = project("runner", {"src/main.rs": main},
                     f'migratable = {{ path = "{ROOT}/runtime", features = ["sqlite", "postgres", "mysql"] }}')
    run(["cargo", "build", "-q", "--release"], folder)
    return WORK / "target/release/runner"


def statements(ours, url):
    """The statement of each revision, and what makes the history, as Migratable writes them for a database."""
    found, history, lines = [], None, []
    for line in run([ours, url, "script"], WORK).stdout.splitlines():
        if not lines and (not line or line.startswith(("--", ".", "\\"))):
            continue
        lines.append(line)
        if line.endswith(";"):
            sql, lines = "\n".join(lines).strip(), []
            if sql.startswith(("CREATE TABLE", "ALTER TABLE")):
                if "migratable_" in sql:
                    history = history or sql
                else:
                    found.append(sql)
    assert len(found) == COUNT and history, f"{len(found)} statements for {url}"
    return found, history


def scripts(found, history, begin):
    """The same for the client: in one transaction, and in one for each revision with the row that records it."""
    rows = [f"INSERT INTO migratable_revisions VALUES ('{number:012x}', {number}, 'm', 'v1:{number:016x}', NULL, "
            "CURRENT_TIMESTAMP, 0, '0.1.0');" for number in range(COUNT)]
    pairs = list(zip(found, rows))
    each = [text for sql, row in pairs for text in (begin, sql, row, "COMMIT;")]
    every = [text for pair in pairs for text in pair]
    one = [begin, history, *every, "COMMIT;"]
    return {"all": "\n".join(one), "revision": "\n".join([history, *each]), "none": "\n".join([history, *every])}


class Sqlite:
    name, begin, scheme = "SQLite", "BEGIN IMMEDIATE;", "sqlite"
    # Of ours, that of the client's script which it is held against, and the goal.
    modes = [("all", "all", 1.1), ("revision", "revision", 1.1), ("none", "revision", 1.1)]
    file = WORK / "upgrade.db"
    url, alembic = f"sqlite://{file}", f"sqlite:///{file}"

    def fresh(self):
        for path in WORK.glob("upgrade.db*"):
            path.unlink()

    def client(self, script):
        return timed(["sqlite3", "-bail", self.file], WORK, input=script)


class Postgres:
    name, begin, scheme = "PostgreSQL", "BEGIN;", "postgres"
    modes = [("all", "all", 1.2), ("revision", "revision", 1.2), ("none", "revision", 1.2)]
    url = f"{POSTGRES.rsplit('/', 1)[0]}/{NAME}"
    alembic = url.replace("postgres://", "postgresql+psycopg2://")

    def fresh(self):
        for word in ("DROP DATABASE IF EXISTS", "CREATE DATABASE"):
            run(["psql", "-qX", POSTGRES, "-c", f"{word} {NAME}"], WORK)

    def client(self, script):
        write(WORK / "upgrade.sql", script)
        return timed(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", WORK / "upgrade.sql", self.url], WORK)


class Mysql:
    name, begin, scheme = "MariaDB", "START TRANSACTION;", "mysql"
    modes = [("none", "none", None)]
    url = f"{MYSQL.rsplit('/', 1)[0]}/{NAME}"
    alembic = url.replace("mysql://", "mysql+pymysql://")

    def fresh(self):
        run(mariadb_client(), WORK, input=f"DROP DATABASE IF EXISTS {NAME}; CREATE DATABASE {NAME}")

    def client(self, script):
        return timed([*mariadb_client(), NAME], WORK, input=script)


DATABASES = [Sqlite(), Postgres(), Mysql()]


def migrations(folder, all_statements, path):
    """A file for each statement of each database, where a peer looks for it."""
    return {f"{folder}/{scheme}/{path(number)}": sql + "\n"
            for scheme, found in all_statements.items() for number, sql in enumerate(found)}


def diesel_migrations(all_statements):
    files = migrations("migrations", all_statements, lambda number: f"{number:06}_m/up.sql")
    files["src/main.rs"] = """
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const MYSQL: EmbeddedMigrations = embed_migrations!("migrations/mysql");

fn main() {
    let url = std::env::args().nth(1).unwrap();
    match url.split_once("://").unwrap() {
        ("sqlite", file) => drop(SqliteConnection::establish(file).unwrap().run_pending_migrations(SQLITE).unwrap()),
        ("postgres", _) => drop(PgConnection::establish(&url).unwrap().run_pending_migrations(POSTGRES).unwrap()),
        _ => drop(MysqlConnection::establish(&url).unwrap().run_pending_migrations(MYSQL).unwrap()),
    }
}
"""
    return built("diesel-runner", files, DIESEL + ', "postgres", "mysql"] }\n' + 'diesel_migrations = "2.3"')


def sqlx(all_statements):
    files = migrations("migrations", all_statements, lambda number: f"{number + 1:06}_m.sql")
    files["src/main.rs"] = """
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, MySqlConnection, PgConnection};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    match url.split_once("://").unwrap() {
        ("sqlite", _) => {
            let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
            sqlx::migrate!("migrations/sqlite").run(&mut options.connect().await.unwrap()).await.unwrap();
        }
        ("postgres", _) => {
            let mut db = PgConnection::connect(&url).await.unwrap();
            sqlx::migrate!("migrations/postgres").run(&mut db).await.unwrap();
        }
        _ => {
            let mut db = MySqlConnection::connect(&url).await.unwrap();
            sqlx::migrate!("migrations/mysql").run(&mut db).await.unwrap();
        }
    }
}
"""
    return built("sqlx-runner", files, 'sqlx = { version = "0.8", default-features = false, features = ["runtime-tokio", '
                 '"migrate", "macros", "sqlite", "postgres", "mysql"] }\n'
                 'tokio = { version = "1", features = ["rt", "macros"] }')


def refinery(all_statements):
    files = migrations("migrations", all_statements, lambda number: f"V{number + 1}__m.sql")
    files["src/main.rs"] = """
mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}
mod postgres_ {
    refinery::embed_migrations!("migrations/postgres");
}
mod mysql_ {
    refinery::embed_migrations!("migrations/mysql");
}

fn main() {
    let url = std::env::args().nth(1).unwrap();
    match url.split_once("://").unwrap() {
        ("sqlite", file) => {
            let mut db = rusqlite::Connection::open(file).unwrap();
            drop(sqlite::migrations::runner().run(&mut db).unwrap());
        }
        ("postgres", _) => {
            let mut db = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            drop(postgres_::migrations::runner().run(&mut db).unwrap());
        }
        _ => {
            let mut db: refinery::config::Config = url.parse().unwrap();
            drop(mysql_::migrations::runner().run(&mut db).unwrap());
        }
    }
}
"""
    return built("refinery-runner", files,
                 'refinery = { version = "0.8", features = ["rusqlite", "postgres", "mysql"] }\n'
                 'rusqlite = "*"\npostgres = "0.19"')


def built(name, files, dependencies):
    folder = project(name, files, dependencies)
    (folder / "Cargo.lock").unlink()
    run(["cargo", "build", "-q", "--release"], folder)
    return WORK / "target/release" / name


ENV_PY = """
import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["BENCH_URL"]).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=os.environ["BENCH_EACH"] == "1")
    with context.begin_transaction():
        context.run_migrations()
"""


def alembic_runner(all_statements):
    folder = WORK / "alembic-runner"
    shutil.rmtree(folder, ignore_errors=True)
    for scheme, found in all_statements.items():
        write(folder / scheme / "alembic.ini", "[alembic]\nscript_location = %(here)s\n")
        write(folder / scheme / "env.py", ENV_PY)
        for number, sql in enumerate(found):
            down = f'"{number - 1:012x}"' if number else "None"
            write(folder / scheme / f"versions/{number:012x}_m.py",
                  f'from alembic import op\n\nrevision = "{number:012x}"\ndown_revision = {down}\n\n\n'
                  f'def upgrade():\n    op.execute("""{sql.rstrip(";")}""")\n')
    command = alembic().parent / "alembic"
    return lambda database, each: timed(
        ["env", f"BENCH_URL={database.alembic}", f"BENCH_EACH={each:d}", command, "-c",
         folder / database.scheme / "alembic.ini", "upgrade", "head"], WORK)


def shown(found):
    return f"{statistics.median(found):.2f} s (best {min(found):.2f})"


def upgrade():
    say(f"(issue 7) {COUNT} revisions on a new database, beside its client with the same statements, rows and transactions")
    ours = runner()
    parts = {database.scheme: statements(ours, database.url) for database in DATABASES}
    all_statements = {scheme: found for scheme, (found, _) in parts.items()}
    peers = {make.__name__: make(all_statements) for make in (diesel_migrations, sqlx, refinery)}
    alembic_run = alembic_runner(all_statements)
    for database in DATABASES:
        script = scripts(*parts[database.scheme], database.begin)

        def measure(act):
            database.fresh()
            return act()

        usual = None
        for mode, client_mode, goal in database.modes:
            client, own = [], []
            for _ in range(7):
                client.append(measure(lambda: database.client(script[client_mode])))
                own.append(measure(lambda: timed([ours, database.url, mode], WORK)))
            ratio, best = statistics.median(own) / statistics.median(client), min(own) / min(client)
            say(f"    {database.name:11}{mode:9} client {shown(client)}, ours {shown(own)}, ratio {ratio:.2f}, "
                f"of the best {best:.2f}" + (f" (goal {goal})" if goal else ""))
            if goal:
                wants(f"upgrade of {database.name} {mode}, of the client's best", best, goal)
            usual = own if mode != "all" else usual
        nothing = min(float(run([ours, database.url, "nothing"], WORK).stdout) for _ in range(5)) * 1000
        say(f"    {database.name:11}nothing to do, beyond connecting: {nothing:.2f} ms")
        if database.scheme == "sqlite":
            wants("nothing to do on SQLite, milliseconds beyond connecting", nothing, 2)
        runs = {name: lambda binary=binary: timed([binary, database.url], WORK) for name, binary in peers.items()}
        runs["Alembic, each"] = lambda: alembic_run(database, True)
        runs["Alembic, all"] = lambda: alembic_run(database, False)
        for name, act in runs.items():
            found = [measure(act) for _ in range(3)]
            say(f"    {database.name:11}{name:20} {shown(found)}, {statistics.median(found) / statistics.median(usual):.2f} "
                "times ours, each revision by itself")
        database.fresh()


def current():
    say("(e) ensure_current with 1,000 revisions applied")
    ours, database = runner(), DATABASES[0]
    database.fresh()
    run([ours, database.url, "all"], WORK)
    found = [float(run([ours, database.url, "current"], WORK).stdout) for _ in range(5)]
    say(f"    {statistics.median(found) * 1000:.2f} ms (goal 2)")
