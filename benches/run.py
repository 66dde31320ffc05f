#!/usr/bin/env python3
"""Measures Migratable beside a peer or a limit, in one run, and prints ratios.

    benches/run.py [build-script] [derive] [clean] [upgrade] [current] [diff] [graph] [steps]

Without arguments all of them. It fails if a goal of diff, steps or upgrade is missed. Projects are made below
target/benches. Needs python3, sqlite3 and a quiet machine; diff and upgrade also psql, mariadb, and pip for Alembic in a
virtual environment of its own.
"""

import shutil
import statistics
import subprocess
import sys
import time

import steps
import upgrade
from tools import (DIESEL, ENVIRONMENT, MISSED, MYSQL, POSTGRES, ROOT, WORK, alembic, mariadb_client, project, run, say,
                   timed, wants, write)

MIGRATABLE = f'migratable = {{ path = "{ROOT}/runtime", default-features = false }}'
BUILD = f'migratable-build = {{ path = "{ROOT}/build-support" }}'
BUILD_RS = "fn main() {\n    migratable_build::check_models();\n}\n"


def struct(number, derive, columns=10):
    fields = ["    pub id: i64,\n"]
    types = ["i32", "String", "Option<i64>", "f64", "bool", "Option<String>", "i64", "String", "i16"]
    fields += [f"    pub field_{at}: {types[at % len(types)]},\n" for at in range(columns - 1)]
    return f"#[derive({derive})]\npub struct Model{number} {{\n{''.join(fields)}}}\n\n"


def models(count, derive="migratable::Migratable", per_file=10):
    """`count` models in files of `per_file`."""
    files, modules = {}, []
    for first in range(0, count, per_file):
        name = f"m{first // per_file}"
        modules.append(f"pub mod {name};\n")
        structs = "".join(struct(number, derive) for number in range(first, min(first + per_file, count)))
        files[f"src/models/{name}.rs"] = structs
    files["src/models.rs"] = "".join(modules)
    return files


def with_migrations(folder, name):
    """A migrations package beside an app, whose lock has every model."""
    write(
        folder / "migrations/Cargo.toml",
        f'[package]\nname = "{name}-migrations"\nversion = "0.1.0"\nedition = "2024"\n\n'
        '[package.metadata.migratable]\ndialects = ["sqlite"]\nmodels = [".."]\n\n'
        "[features]\ndefault = []\nrevisions = []\n\n[dependencies]\n"
        f'migratable-cli = {{ path = "{ROOT}/cli" }}\n\n[build-dependencies]\n{BUILD}\n\n[workspace]\n',
    )
    write(folder / "migrations/build.rs", "fn main() {\n    migratable_build::embed_migrations();\n}\n")
    write(folder / "migrations/src/lib.rs", "//! Revisions.\n")
    write(folder / "migrations/src/bin/migrate.rs", f"migratable_cli::main!({name.replace('-', '_')}_migrations);\n")
    shutil.copy(ROOT / "Cargo.lock", folder / "migrations/Cargo.lock")
    for command in (["lock"], ["revision", "-m", "start"]):
        run(["cargo", "run", "-q", "--bin", "migrate", "--", *command], folder / "migrations")


def build_script():
    say("(a) build script of an app of 1,000 models and 10,000 columns, unoptimised")
    folder = project(
        "large", {**models(1000), "src/main.rs": "#[allow(dead_code)]\nmod models;\nfn main() {}\n", "build.rs": BUILD_RS},
        MIGRATABLE, BUILD,
    )
    with_migrations(folder, "large")
    run(["cargo", "build", "-q"], folder)
    script = max((WORK / "target/debug/build").glob("large-*/build-script-build"), key=lambda it: it.stat().st_mtime)
    out = WORK / "large-out"
    environment = {**ENVIRONMENT, "CARGO_MANIFEST_DIR": str(folder), "OUT_DIR": str(out), "PROFILE": "debug",
                   "CARGO_PKG_NAME": "large", "CARGO_CFG_TARGET_OS": "linux"}

    def once():
        start = time.perf_counter()
        subprocess.run([script], env=environment, cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - start

    first = []
    for _ in range(5):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        first.append(once())
    edited, nothing = [], []
    for turn in range(9):
        file = folder / "src/models/m7.rs"
        file.write_text(file.read_text().rstrip("\n") + f"\n// edit {turn}\n")
        edited.append(once())
        nothing.append(once())
    say(f"    first time          {statistics.median(first) * 1000:7.0f} ms   (goal 1500)")
    say(f"    one file edited     {statistics.median(edited) * 1000:7.0f} ms   (goal 100)")
    say(f"    nothing edited      {statistics.median(nothing) * 1000:7.0f} ms")


def derive():
    say("(b) what deriving adds to `cargo build` of 300 models of 10 columns, beside serde's Serialize")
    count = 300
    main = "#[allow(dead_code)]\nmod models;\nfn main() {}\n"
    plain = project("plain", {**models(count, "Clone"), "src/main.rs": main}, "")
    serde = project("with-serde", {**models(count, "Clone, serde::Serialize"), "src/main.rs": main},
                    'serde = { version = "1", features = ["derive"] }')
    ours = project("with-migratable",
                   {**models(count, "Clone, migratable::Migratable"), "src/main.rs": main, "build.rs": BUILD_RS},
                   MIGRATABLE, BUILD)
    with_migrations(ours, "with-migratable")

    def build(folder):
        (folder / "src/main.rs").touch()
        return timed(["cargo", "build", "-q"], folder)

    for folder in (plain, serde, ours):
        build(folder)
    times = {folder.name: [] for folder in (plain, serde, ours)}
    for _ in range(7):
        for folder in (plain, serde, ours):
            times[folder.name].append(build(folder))
    median = {name: statistics.median(found) for name, found in times.items()}
    added = {name: median[name] - median["plain"] for name in median}
    for name in ("with-serde", "with-migratable"):
        say(f"    {name:20}{median[name]:6.2f} s, {added[name] / count * 1000:6.2f} ms a model")
    say(f"    ratio of what is added, build script included: {added['with-migratable'] / added['with-serde']:.2f} (goal 1.0)")

    say("    the same with schema!(), beside a hand-kept schema.rs of the same tables (100 tables)")
    count = 100
    main = "#[allow(dead_code)]\nmod models;\n{}\nfn main() {{}}\n"
    hand = project("hand-kept", {**models(count, "Clone"), "src/main.rs": main.format("mod schema;")}, DIESEL + "] }")
    with_schema = project(
        "with-schema",
        {**models(count, "Clone, migratable::Migratable"), "src/main.rs": main.format("migratable::schema!();"),
         "build.rs": BUILD_RS},
        MIGRATABLE + "\n" + DIESEL + "] }", BUILD)
    with_migrations(with_schema, "with-schema")
    run(["cargo", "build", "-q"], with_schema)
    generated = max((WORK / "target/debug/build").glob("with-schema-*/out/migratable/schema.rs"),
                    key=lambda it: it.stat().st_mtime)
    write(hand / "src/schema.rs", generated.read_text())
    times = {"hand-kept": [], "with-schema": []}
    for folder in (hand, with_schema):
        build(folder)
    for _ in range(5):
        for folder in (hand, with_schema):
            times[folder.name].append(build(folder))
    median = {name: statistics.median(found) for name, found in times.items()}
    say(f"    hand-kept {median['hand-kept']:.2f} s, with schema!() and derives {median['with-schema']:.2f} s, "
        f"ratio {median['with-schema'] / median['hand-kept']:.2f} (goal 1.1)")


def clean():
    say("(c) clean build of an app that only derives, beside the same app with Diesel alone")
    only = project("only-derives",
                   {"src/main.rs": struct(0, "migratable::Migratable") + "fn main() {}\n", "build.rs": BUILD_RS},
                   MIGRATABLE, BUILD)
    with_migrations(only, "only-derives")
    alone = project("diesel-alone", {"src/main.rs": "fn main() {}\n"}, DIESEL + "] }")
    times = {"only-derives": [], "diesel-alone": []}
    for _ in range(3):
        for folder in (only, alone):
            target = folder / "target"
            shutil.rmtree(target, ignore_errors=True)
            times[folder.name].append(timed(["cargo", "build", "-q", "--target-dir", str(target)], folder))
    median = {name: statistics.median(found) for name, found in times.items()}
    say(f"    only derives {median['only-derives']:.1f} s, Diesel alone {median['diesel-alone']:.1f} s, "
        f"ratio {median['only-derives'] / median['diesel-alone']:.2f}")


ALEMBIC = """
import sys, time
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
engine = create_engine(sys.argv[1])
with engine.connect() as connection:
    metadata = MetaData()
    metadata.reflect(connection)
    start = time.perf_counter()
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    print(time.perf_counter() - start, len(found))
"""

def tables(count, text):
    """`count` tables of ten columns, each with an index and every other with a reference."""
    statements = []
    for number in range(count):
        columns = ["id BIGINT NOT NULL PRIMARY KEY"]
        columns += [f"c{at} {('INTEGER', text, 'BIGINT', 'BOOLEAN')[at % 4]}" for at in range(8)]
        columns.append("other BIGINT")
        if number % 2:
            columns.append(f"CONSTRAINT fk_{number} FOREIGN KEY (other) REFERENCES t{number - 1} (id)")
        statements.append(f"CREATE TABLE t{number} ({', '.join(columns)});")
        statements.append(f"CREATE INDEX ix_{number} ON t{number} (c1, c2);")
    return "\n".join(statements)


def compared():
    say("(issue 3) `diff` of two equal databases of ten columns a table, beside Alembic's compare_metadata on one")
    run(["cargo", "build", "-q", "--release", "-p", "microblog-migrations", "--features", "postgres,mysql"], ROOT)
    migrate = WORK / "target/release/migrate"
    python = alembic()
    names = ["migratable_bench_a", "migratable_bench_b"]

    def postgres():
        for name in names:
            run(["psql", "-qX", POSTGRES, "-c", f"DROP DATABASE IF EXISTS {name}"], ROOT)
            run(["psql", "-qX", POSTGRES, "-c", f"CREATE DATABASE {name}"], ROOT)
        urls = [f"{POSTGRES.rsplit('/', 1)[0]}/{name}" for name in names]
        for url in urls:
            run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url], ROOT, input=tables(1000, "VARCHAR(100)"))
        return urls, urls[0].replace("postgres://", "postgresql+psycopg2://")

    def mariadb():
        urls = [f"{MYSQL.rsplit('/', 1)[0]}/{name}" for name in names]
        for name in names:
            script = f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}; USE {name};\n{tables(300, 'VARCHAR(100)')}"
            run(mariadb_client(), ROOT, input=script)
        return urls, urls[0].replace("mysql://", "mysql+pymysql://")

    def sqlite():
        files = [WORK / f"{name}.db" for name in names]
        for file in files:
            file.unlink(missing_ok=True)
            run(["sqlite3", file], ROOT, input="BEGIN;" + tables(1000, "VARCHAR(100)") + "COMMIT;")
        return [f"sqlite://{file}" for file in files], f"sqlite:///{files[0]}"

    for name, make, goal in (("PostgreSQL, 1,000 tables", postgres, 0.6), ("SQLite, 1,000 tables", sqlite, 0.6),
                             ("MariaDB, 300 tables", mariadb, 0.6)):
        urls, peer = make()
        diff = [migrate, "diff", "--from", urls[0], "--to", urls[1]]
        if said := run(diff, ROOT).stdout:
            raise SystemExit(f"two equal databases differ:\n{said[:3000]}")
        own, theirs = [], []
        for _ in range(5):
            own.append(timed(diff, ROOT))
            theirs.append(float(run([python, "-c", ALEMBIC, peer], ROOT).stdout.split()[0]))
        own, theirs = statistics.median(own), statistics.median(theirs)
        say(f"    {name:26}ours {own:.2f} s (goal {goal}), Alembic {theirs:.2f} s, ratio {own / theirs:.2f}")
        wants(f"diff of {name}, seconds", own, goal)


def branched(count):
    """What each of `count` revisions follows: some 50 times a branch beside the trunk, and what joins both."""
    part, found, head = count // 100, [], []
    while len(found) + 2 * part + 1 <= count:
        tips = []
        for _ in range(2):
            tip = head
            for _ in range(part):
                found.append(tip)
                tip = [len(found) - 1]
            tips += tip
        found.append(tips)
        head = [len(found) - 1]
    while len(found) < count:
        found.append([len(found) - 1])
    return found


def graph():
    say("(issue 5) commands on revisions with 50 branches and merges, beyond the database's own time (goal 100 ms at 2,000)")
    main = """
use migratable::revision::*;
use migratable::{AnyConnection, Migrator, Revision};
use migratable_cli::Project;

fn nothing(_: &mut Operations) {}

fn leaked(text: &str) -> &'static [&'static str] {
    let ids: Vec<&'static str> = text.split_whitespace().map(|id| &*id.to_owned().leak()).collect();
    ids.leak()
}

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap();
    let folder = std::path::PathBuf::from(arguments.next().unwrap());
    let list = std::fs::read_to_string(folder.join("list")).unwrap();
    let revision = |line: &str| {
        let (id, after) = line.split_once(':').unwrap();
        Revision {
            id: leaked(id)[0], after: leaked(after), depends_on: &[], labels: &[], replaces: &[], message: "m", file: "f.rs",
            checksum: "v1:0", steps_checksum: None, transaction: None, upgrade: nothing, downgrade: nothing,
        }
    };
    let revisions: Vec<Revision> = list.lines().map(revision).collect();
    let project = Project::new(&folder, "bench-migrations", "[package]\\nname = \\"bench-migrations\\"\\n")
        .with_migrator(Migrator::<AnyConnection>::new(revisions.leak()));
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut console = migratable_cli::Console::new(&mut out, &mut err, folder);
    match migratable_cli::run(&project, std::iter::once(program).chain(arguments), &mut console) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure:?}");
            failure.exit_code()
        }
    }
}
""".replace("\\\\", "\\")
    runner = project("graph-runner", {"src/main.rs": main},
                     f'migratable = {{ path = "{ROOT}/runtime", features = ["sqlite"] }}\n'
                     f'migratable-cli = {{ path = "{ROOT}/cli", features = ["database"] }}')
    run(["cargo", "build", "-q", "--release"], runner)
    migrate = WORK / "target/release/graph-runner"
    commands = {"history": ["history"], "history -r": ["history", "-r", "000000000001:head"], "heads": ["heads"],
                "branches": ["branches"], "current": ["current"]}
    measured = {}
    for count in (500, 2000, 8000):
        bare, sources = WORK / f"graph-bare-{count}", WORK / f"graph-sources-{count}"
        for folder in (bare, sources):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        lines = []
        for number, parents in enumerate(branched(count)):
            after = [f"{parent:012x}" for parent in parents]
            lines.append(f"{number:012x}: {' '.join(after)}\n")
            listed = ", ".join(f'"{parent}"' for parent in after)
            write(sources / f"versions/20250101_{number:06}_{number:012x}_m.rs",
                  f'//! m\n\nuse migratable::revision::*;\n\nrevision!("{number:012x}", after = [{listed}]);\n\n'
                  "#[operations]\npub fn upgrade(op: &mut Operations) {}\n\n"
                  "#[operations]\npub fn downgrade(op: &mut Operations) {}\n")
        write(sources / "Cargo.toml", '[package]\nname = "bench-migrations"\n')
        for folder in (bare, sources):
            write(folder / "list", "".join(lines))
        url = ["--database-url", f"sqlite://{bare}/app.db"]

        def fresh():
            for path in bare.glob("app.db*"):
                path.unlink()

        script = run([migrate, bare, "upgrade", "base:head", "--sql", "--dialect", "sqlite"], WORK).stdout
        own, shell = [], []
        for _ in range(5):
            fresh()
            shell.append(timed(["sqlite3", bare / "app.db"], WORK, input=script))
            fresh()
            own.append(timed([migrate, bare, "upgrade", *url], WORK))
        found = {"upgrade": statistics.median(own) - statistics.median(shell)}
        found["upgrade again"] = statistics.median(timed([migrate, bare, "upgrade", *url], WORK) for _ in range(5))
        for name, words in commands.items():
            found[name] = statistics.median(timed([migrate, bare, *words, *url], WORK) for _ in range(5))
        for name in ("history", "heads"):
            found[f"{name}, from files"] = statistics.median(timed([migrate, sources, name], WORK) for _ in range(5))
        measured[count] = found
    for name in measured[500]:
        times = [measured[count][name] * 1000 for count in (500, 2000, 8000)]
        say(f"    {name:22}{times[0]:7.0f} ms {times[1]:7.0f} ms {times[2]:7.0f} ms")


MEASURES = {"build-script": build_script, "derive": derive, "clean": clean, "upgrade": upgrade.upgrade,
            "current": upgrade.current, "diff": compared, "graph": graph, "steps": steps.steps}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(MEASURES)
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        raise SystemExit(f"there is no {', '.join(unknown)}; there is {', '.join(MEASURES)}")
    WORK.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        MEASURES[name]()
    if MISSED:
        raise SystemExit("missed:\n" + "\n".join(f"    {it}" for it in MISSED))
