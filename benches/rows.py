#!/usr/bin/env python3
"""Proves and measures data steps over many rows, while another process writes and the tool is killed.

    benches/rows.py sqlite [ROWS] [KILLS]      10,000,000 rows and 10 kills if they are not named
    benches/rows.py postgres [ROWS] [KILLS]    2,000,000 rows; the server is MIGRATABLE_POSTGRES_URL
    benches/rows.py mysql [ROWS] [KILLS]       1,000,000 rows; the server, a MariaDB, is MIGRATABLE_MYSQL_URL

First `op.map_rows` by a function that gives another value each time it is applied, killed at random moments; then
`op.backfill` beside one single UPDATE, with the longest transaction and the longest time that the other process waits.
It fails if a row is lost or wrong, or a goal is missed. A project is made below target/benches. Needs python3, sqlite3,
psql, mariadb, and a quiet machine for the figures.
"""

import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "benches" / "rows"
ENVIRONMENT = {**os.environ, "CARGO_TERM_COLOR": "never", "CARGO_TARGET_DIR": str(WORK.parent / "target")}

FIRST = """//! users

use migratable::revision::*;

revision!("aa0000000001", after = []);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("first", text()))
            .column(column("last", text()))
            .column(column("age", text()))
            .primary_key("pk_users", ["id"]),
    );
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("users");
}
"""

MAP = """//! users have one name

use migratable::revision::*;

revision!("bb0000000002", after = ["aa0000000001"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("name", text()));
    op.drop_column("users", "first");
    op.drop_column("users", "last");
    op.alter_column("users", "age").set_type(integer());
    op.map_rows("users", join);
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.irreversible("not measured");
}

fn join(old: before::users::Row) -> Result<after::users::Row> {
    let age = old.age.parse::<i32>()? + 1;
    Ok(after::users::Row { id: old.id, age, name: format!("{} {}", old.first, old.last) })
}
"""

FILL = """//! users have a bio

use migratable::revision::*;

revision!("bb0000000002", after = ["aa0000000001"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.backfill("users", "bio", sql("first || ' ' || last"));
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("users", "bio");
}
"""


# What is wanted: megabytes of memory, seconds of the longest transaction; each database has its part of the rows per second
# of one UPDATE.
MEMORY, LONGEST = 200, 1.0


def say(text):
    print(text, flush=True)


def run(command, **options):
    done = subprocess.run(command, cwd=WORK, env=ENVIRONMENT, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command}:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
    return done.stdout


def tool(second):
    """`migrate` with the second revision, built for release."""
    migrations = WORK / "migrations"
    (migrations / "src" / "bin").mkdir(parents=True, exist_ok=True)
    (migrations / "versions").mkdir(exist_ok=True)
    (WORK / "Cargo.toml").write_text('[workspace]\nresolver = "3"\nmembers = ["migrations"]\n')
    (migrations / "Cargo.toml").write_text(
        f"""[package]
name = "rows-migrations"
version = "0.1.0"
edition = "2024"

[package.metadata.migratable]
dialects = ["sqlite", "postgres", "mysql"]

[features]
default = ["revisions"]
revisions = ["database"]
database = ["dep:migratable", "migratable-cli/database"]

[dependencies]
migratable = {{ path = "{ROOT}/runtime", default-features = false, features = ["sqlite", "postgres", "mysql"], optional = true }}
migratable-cli = {{ path = "{ROOT}/cli", default-features = false }}

[build-dependencies]
migratable-build = {{ path = "{ROOT}/build-support" }}
"""
    )
    (migrations / "build.rs").write_text("fn main() {\n    migratable_build::embed_migrations();\n}\n")
    template = (ROOT / "migrations" / "src").rglob("*.rs")
    for file in template:
        (migrations / "src" / file.relative_to(ROOT / "migrations" / "src")).write_text(
            file.read_text().replace("microblog", "rows")
        )
    (migrations / "versions" / "20260101_000000_aa0000000001_users.rs").write_text(FIRST)
    (migrations / "versions" / "20260101_000001_bb0000000002_second.rs").write_text(second)
    run(["cargo", "run", "-q", "--release", "-p", "rows-migrations", "--no-default-features", "--bin", "migrate", "--", "lock"])
    run(["cargo", "build", "-q", "--release", "-p", "rows-migrations", "--bin", "migrate"])
    return WORK.parent / "target" / "release" / "migrate"


class Sqlite:
    ratio = 0.7

    def __init__(self):
        self.file = WORK / "rows.db"
        self.url = f"sqlite://{self.file}"

    def empty(self):
        for suffix in ["", "-journal", "-wal", "-shm"]:
            pathlib.Path(f"{self.file}{suffix}").unlink(missing_ok=True)

    def fill(self, rows):
        db = sqlite3.connect(self.file)
        db.execute("PRAGMA synchronous = off")
        db.executemany(
            "INSERT INTO users (id, first, last, age) VALUES (?, ?, ?, ?)",
            ((at, f"first{at}", f"last{at}", str(at % 90)) for at in range(1, rows + 1)),
        )
        db.commit()

    def query(self, sql):
        return [line.split("|") for line in run(["sqlite3", str(self.file), sql]).splitlines()]

    def single(self):
        run(["sqlite3", str(self.file), "BEGIN IMMEDIATE; ALTER TABLE users ADD COLUMN bio TEXT; "
             "UPDATE users SET bio = first || ' ' || last; COMMIT"])

    def watcher(self):
        """What gives for how long others must wait for a transaction that writes."""
        db = sqlite3.connect(self.file, timeout=600, isolation_level=None)
        db.execute("PRAGMA busy_timeout = 0")

        def look():
            begun = time.perf_counter()
            while True:
                try:
                    db.execute("BEGIN IMMEDIATE")
                    db.execute("COMMIT")
                    return time.perf_counter() - begun
                except sqlite3.OperationalError:
                    # Its own transaction, if it is one that readers keep from its end.
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    time.sleep(0.001)

        return look

    def writer(self):
        db = sqlite3.connect(self.file, timeout=600, isolation_level=None)

        def write(sql):
            db.execute(sql)

        return write


def through(words, says_done):
    """What does SQL through one session of a client, each statement once the one before is done; gives what it said."""
    shell = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def do(sql):
        shell.stdin.write(f"{sql};\n{says_done}\n")
        shell.stdin.flush()
        said = []
        while (line := shell.stdout.readline()) != "done\n":
            said.append(line.strip())
            if not line:
                break
        if not line or any("ERROR" in it for it in said):
            raise RuntimeError(" ".join(said) or "the client is gone")
        return said

    return do


def watching(do, sql):
    """What gives for how long the transaction that is open was seen; `sql` gives what tells it from others."""
    known = [None, 0.0]

    def look():
        now, found = time.perf_counter(), do(sql)
        if found != known[0]:
            known[:] = [found, now]
        return time.perf_counter() - known[1] if found else 0.0

    return look


class Postgres:
    ratio = 0.7

    def __init__(self):
        server = os.environ.get("MIGRATABLE_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
        self.server = server
        self.own = server.rsplit("/", 1)[0] + "/migratable_rows"
        self.url = f"{self.own}?application_name=migrate"

    def psql(self, url, *commands):
        words = ["psql", "-qtA", "-v", "ON_ERROR_STOP=1", url]
        for command in commands:
            words += ["-c", command]
        return run(words)

    def empty(self):
        self.psql(self.server, "DROP DATABASE IF EXISTS migratable_rows WITH (FORCE)", "CREATE DATABASE migratable_rows")

    def fill(self, rows):
        self.psql(
            self.url,
            "INSERT INTO users (id, first, last, age) "
            f"SELECT i, 'first' || i, 'last' || i, (i % 90)::text FROM generate_series(1, {rows}) i",
            "VACUUM ANALYZE users",
        )

    def query(self, sql):
        return [line.split("|") for line in self.psql(self.url, sql).splitlines()]

    def single(self):
        self.psql(self.url, "BEGIN; ALTER TABLE users ADD COLUMN bio TEXT; "
                  "UPDATE users SET bio = first || ' ' || last; COMMIT")

    def watcher(self):
        return watching(through(["psql", "-qtA", "-v", "ON_ERROR_STOP=1", self.server], "\\echo done"),
                        "SELECT pid || ' ' || xact_start FROM pg_stat_activity WHERE datname = 'migratable_rows' "
                        "AND application_name = 'migrate' AND backend_xid IS NOT NULL")

    def writer(self):
        return through(["psql", "-qtA", "-v", "ON_ERROR_STOP=1", self.own], "\\echo done")


class Mysql:
    ratio = 0.3

    def __init__(self):
        server = os.environ.get("MIGRATABLE_MYSQL_URL", "mysql://root@127.0.0.1:3306/")
        user, _, place = server.split("://")[-1].rstrip("/").rpartition("@")
        host, _, port = place.partition(":")
        self.words = ["mariadb", "--no-defaults", "--protocol=tcp", "-h", host, "-P", port or "3306",
                      "-u", user.partition(":")[0] or "root", "-N", "-B", "--init-command",
                      "SET sql_mode = 'PIPES_AS_CONCAT,STRICT_ALL_TABLES'"]
        self.url = server.rstrip("/") + "/migratable_rows"

    def sql(self, statements, database="migratable_rows"):
        return run(self.words + [database, "-e", statements])

    def empty(self):
        self.sql("DROP DATABASE IF EXISTS migratable_rows; CREATE DATABASE migratable_rows CHARACTER SET utf8mb4", "mysql")

    def fill(self, rows):
        self.sql("INSERT INTO users (id, first, last, age) "
                 f"SELECT seq, 'first' || seq, 'last' || seq, seq % 90 FROM seq_1_to_{rows}; ANALYZE TABLE users")

    def query(self, sql):
        return [line.split("\t") for line in self.sql(sql).splitlines()]

    def single(self):
        self.sql("ALTER TABLE users ADD COLUMN bio TEXT; UPDATE users SET bio = first || ' ' || last")

    def watcher(self):
        return watching(through(self.words + ["--unbuffered", "mysql"], "SELECT 'done';"),
                        "SELECT trx_id FROM information_schema.innodb_trx WHERE trx_rows_modified > 100")

    def writer(self):
        # It goes on behind an error, and says that it is done then too.
        return through(self.words + ["--force", "--unbuffered", "migratable_rows"], "SELECT 'done';")


class Writer(threading.Thread):
    """Inserts and updates rows until the columns that it knows are gone."""

    def __init__(self, database, rows):
        super().__init__(daemon=True)
        self.database, self.rows = database, rows
        self.written, self.waits, self.stops, self.times = {}, [], False, {}

    def run(self):
        write, chance = self.database.writer(), random.Random(7)
        new, own = self.rows, []
        while not self.stops:
            if chance.random() < 0.3:
                new += 1
                at = new if chance.random() < 0.5 else -new
                row = (f"n{at}", "x", str(chance.randrange(90)))
                sql = f"INSERT INTO users (id, first, last, age) VALUES ({at}, '{row[0]}', '{row[1]}', '{row[2]}')"
            else:
                own = own[-50:]
                at = chance.choice(own) if own and chance.random() < 0.2 else chance.randrange(1, self.rows + 1)
                row = (f"u{new}_{chance.randrange(1000)}", f"last{at}", str(chance.randrange(90)))
                sql = f"UPDATE users SET first = '{row[0]}', last = '{row[1]}', age = '{row[2]}' WHERE id = {at}"
            begun = time.perf_counter()
            try:
                write(sql)
            except Exception as error:
                if "try again in a moment" in str(error):
                    time.sleep(0.01)
                    continue
                if "first" not in str(error):
                    say(f"the writer was refused: {error}")
                return
            self.waits.append(time.perf_counter() - begun)
            if at not in self.written and not 1 <= at <= self.rows:
                own.append(at)
            self.written[at] = row
            self.times[at] = time.perf_counter()
            time.sleep(0.002)


class Watcher(threading.Thread):
    """Looks for the longest transaction of the tool."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.longest, self.stops = database, 0.0, False

    def run(self):
        look = self.database.watcher()
        while not self.stops:
            self.longest = max(self.longest, look())
            time.sleep(0.005)


def memory(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return max((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), default=0)


def watched(command):
    """Runs it to its end; gives the seconds and the most memory in MB."""
    begun, most = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(0.02)
    if process.returncode != 0:
        raise SystemExit(f"{command}:\n{process.stderr.read()}")
    return time.perf_counter() - begun, most / 1024


def killed(database, rows, kills):
    migrate = tool(MAP)
    database.empty()
    run([str(migrate), "--database-url", database.url, "upgrade", "+1"])
    database.fill(rows)
    writer = Writer(database, rows)
    writer.start()
    chance, most, begun = random.Random(), 0, time.perf_counter()
    done = 0
    for number in range(kills):
        process = subprocess.Popen([str(migrate), "--database-url", database.url, "upgrade"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, max(0.5, rows / 1_000_000 * 0.4)))
        most = max(most, memory(process.pid))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        done += 1
    took, used = watched([str(migrate), "--database-url", database.url, "upgrade"])
    writer.join(timeout=60)
    total = time.perf_counter() - begun
    status = json.loads(run([str(migrate), "--database-url", database.url, "verify", "--json"]))
    count = int(database.query("SELECT count(*) FROM users")[0][0])
    new = sum(1 for at in writer.written if at < 1 or at > rows)
    old = len(writer.written) - new
    untouched = int(database.query(
        "SELECT count(*) FROM users WHERE id BETWEEN 1 AND %d AND name = 'first' || id || ' last' || id "
        "AND age = id %% 90 + 1" % rows)[0][0])
    wrong, keys = 0, list(writer.written)
    for first in range(0, len(keys), 500):
        some = keys[first:first + 500]
        found = database.query(f"SELECT id, name, age FROM users WHERE id IN ({', '.join(map(str, some))})")
        found = {int(at): (name, int(age)) for at, name, age in found}
        for at in some:
            row = writer.written[at]
            wrong += found.get(at) != (f"{row[0]} {row[1]}", int(row[2]) + 1)
    say(f"map_rows over {rows:,} rows: killed {done} times, {total:.1f} s in all, the last run {took:.1f} s, "
        f"{max(most / 1024, used):.0f} MB; {new:,} rows were inserted and {old:,} updated meanwhile")
    say(f"  rows lost: {rows + new - count}; untouched rows that are wrong: {rows - old - untouched}; "
        f"written ones that are wrong: {wrong}; verify: {status}")
    if rows + new != count or rows - old != untouched or wrong or done < kills:
        raise SystemExit("not every row was converted exactly once, or it was too fast to be killed so often")
    if max(most / 1024, used) > MEMORY:
        raise SystemExit(f"it took more than {MEMORY} MB")


def filled(database, rows):
    migrate = tool(FILL)
    command = [str(migrate), "--database-url", database.url, "upgrade"]

    def begin():
        database.empty()
        run(command + ["+1"])
        database.fill(rows)

    alone, single = [], []
    for _ in range(3):
        begin()
        took, used = watched(command)
        alone.append(took)
        begin()
        start = time.perf_counter()
        database.single()
        single.append(time.perf_counter() - start)
    begin()
    writer, watcher = Writer(database, rows), Watcher(database)
    for thread in (writer, watcher):
        thread.start()
    beside, _ = watched(command)
    ended = time.perf_counter()
    for thread in (writer, watcher):
        thread.stops = True
        thread.join(timeout=60)
    # What was written when the fill had ended is nobody's to fill; its end is seen a moment later.
    late = {at for at, when in writer.times.items() if when > ended - 0.2}
    new = sum(1 for at in writer.written if (at < 1 or at > rows) and at not in late)
    late = ", ".join(map(str, late)) or "0"
    wrong = int(database.query("SELECT count(*) FROM users WHERE (bio = first || ' ' || last) IS NOT TRUE "
                               f"AND id NOT IN ({late})")[0][0])
    ratio = min(single) / min(alone)
    say(f"backfill of {rows:,} rows: {rows / min(alone):,.0f} rows a second, one UPDATE {rows / min(single):,.0f}: "
        f"{ratio:.2f} (wanted: {database.ratio}); {used:.0f} MB")
    say(f"  beside a writer {beside:.1f} s; the longest transaction {watcher.longest:.2f} s (wanted: {LONGEST}); it waited "
        f"at most {max(writer.waits) * 1000:.0f} ms for one of its {len(writer.waits):,} writes; new rows: {new}; rows "
        f"that are wrong: {wrong}")
    if wrong:
        raise SystemExit("not every row was filled")
    if watcher.longest == 0:
        raise SystemExit("no transaction of the tool was seen")
    if ratio < database.ratio or watcher.longest > LONGEST or used > MEMORY:
        raise SystemExit("a goal is missed")


def main():
    kinds = {"sqlite": (Sqlite, 10_000_000), "postgres": (Postgres, 2_000_000), "mysql": (Mysql, 1_000_000)}
    if len(sys.argv) < 2 or sys.argv[1] not in kinds:
        raise SystemExit(__doc__)
    kind, rows = kinds[sys.argv[1]]
    WORK.mkdir(parents=True, exist_ok=True)
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else rows
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    database = kind()
    killed(database, rows, kills)
    filled(database, rows)
    database.empty()


if __name__ == "__main__":
    main()
