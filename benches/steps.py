"""What data steps add to the build of a migrations package: 200 revisions, 40 of them with a step over a table of 20 columns,
beside the same without steps, and beside a crate that holds the same Diesel tables alone."""

import statistics

from tools import DIESEL, ROOT, WORK, project, run, say, timed, wants, write

REVISIONS, STEPS, COLUMNS = 200, 40, 20
TYPES = [("bigint()", "BigInt"), ("text()", "Text"), ("integer()", "Integer"), ("boolean()", "Bool"), ("double()", "Double")]
HEAD = "//! m\n\nuse migratable::revision::*;\n\nrevision!(\"{id:012x}\", after = [{after}]);\n\n"
BODY = "#[operations]\npub fn {name}(op: &mut Operations) {{\n{calls}}}\n\n"


def column(at):
    return f"c{at}", *TYPES[at % len(TYPES)]


def revision(number, upgrade, downgrade, functions=""):
    after = f'"{number - 1:012x}"' if number > 1 else ""
    text = HEAD.format(id=number, after=after) + BODY.format(name="upgrade", calls=upgrade)
    return text + BODY.format(name="downgrade", calls=downgrade) + functions


def create(number):
    columns = "".join(f'.column(column("c{at}", {column(at)[1]}))' for at in range(COLUMNS - 2))
    made = f'table("t{number}").column(column("id", bigint())){columns}.primary_key("pk_t{number}", ["id"])'
    return revision(number, f"    op.create_table({made});\n", f'    op.drop_table("t{number}");\n')


def change(number, of, step):
    """Adds the last column; `step` is None, "run" or "map_rows"."""
    table = f"t{of}"
    new = f'    op.add_column("{table}", column("extra", text()).nullable());\n'
    gone = f'    op.drop_column("{table}", "extra");\n'
    if step is None:
        return revision(number, new, gone)
    if step == "run":
        function = (
            "fn fill(db: &mut Db) -> Result<()> {\n    use fill::*;\n"
            f'    diesel::update({table}::table.filter({table}::id.gt(1))).set({table}::extra.eq("x")).execute(db)?;\n'
            "    Ok(())\n}\n"
        )
        return revision(number, new + "    op.run(fill);\n", gone, function)
    fields = ", ".join(f"c{at}: old.c{at}" for at in range(COLUMNS - 2))
    function = (
        f"fn fill(old: before::{table}::Row) -> Result<after::{table}::Row> {{\n    "
        f'Ok(after::{table}::Row {{ id: old.id, extra: Some("x".to_owned()), {fields} }})\n}}\n'
    )
    return revision(number, new + f'    op.map_rows("{table}", fill);\n', gone, function)


def migrations(name, step):
    files = {
        "build.rs": "fn main() {\n    migratable_build::embed_migrations();\n}\n",
        "src/lib.rs": '#[cfg(feature = "revisions")]\nmigratable::revisions!();\n',
        "src/bin/migrate.rs": f"migratable_cli::main!({name.replace('-', '_')});\n",
    }
    for number in range(1, REVISIONS + 1):
        behind = number - (REVISIONS - STEPS)
        text = create(number) if behind <= 0 else change(number, behind, step)
        files[f"versions/20250101_{number:06}_{number:012x}_m.rs"] = text
    folder = project(
        name, files,
        f'migratable = {{ path = "{ROOT}/runtime", optional = true }}\n'
        f'migratable-cli = {{ path = "{ROOT}/cli", default-features = false }}',
        f'migratable-build = {{ path = "{ROOT}/build-support" }}',
        '[features]\ndefault = ["revisions"]\nrevisions = ["dep:migratable", "migratable-cli/database"]\n\n'
        '[package.metadata.migratable]\ndialects = ["sqlite"]\nmodels = []\n',
    )
    run(["cargo", "run", "-q", "--no-default-features", "--bin", "migrate", "--", "lock"], folder)
    return folder


def alone(name, uses):
    """The same Diesel tables, each with the statement that a step has if `uses`."""
    text = ["use diesel::prelude::*;\n"]
    for number in range(1, STEPS + 1):
        columns = "".join(f"        c{at} -> {column(at)[2]},\n" for at in range(COLUMNS - 2))
        text.append(f"diesel::table! {{\n    t{number} (id) {{\n        id -> BigInt,\n{columns}        "
                    "extra -> Nullable<Text>,\n    }\n}\n")
        if uses:
            text.append(
                f"pub fn fill{number}(db: &mut SqliteConnection) -> QueryResult<usize> {{\n    diesel::update(t{number}::table"
                f'.filter(t{number}::id.gt(1))).set(t{number}::extra.eq("x")).execute(db)\n}}\n'
            )
    return project(name, {"src/lib.rs": "".join(text)}, DIESEL + ", \"32-column-tables\"] }\nlibsqlite3-sys = { version = \"0.35\", features = [\"bundled\"] }")


def clean(folder, turns=3):
    """Seconds to build the package alone, what it depends on being there."""
    run(["cargo", "build", "-q", "--lib"], folder)
    found = []
    for _ in range(turns):
        run(["cargo", "clean", "-q", "-p", folder.name], folder)
        found.append(timed(["cargo", "build", "-q", "--lib"], folder))
    return statistics.median(found)


def edited(folder, file, old="\"x\"", turns=3):
    """Seconds to build it again after one line has changed."""
    found = []
    path = folder / file
    for turn in range(turns):
        text = path.read_text()
        path.write_text(text.replace(old, f'"x{turn}"', 1))
        old = f'"x{turn}"'
        found.append(timed(["cargo", "build", "-q", "--lib"], folder))
    return statistics.median(found)


def steps():
    say(f"(h) {REVISIONS} revisions, {STEPS} of them with a step over a table of {COLUMNS} columns: seconds to build the package")
    tables = alone("steps-tables", True)
    diesel = clean(tables)
    rebuilt = edited(tables, "src/lib.rs")
    say(f"    Diesel's tables and the same statements alone {diesel:.1f}, one line edited {rebuilt:.1f}")
    plain = clean(migrations("steps-none", None))
    say(f"    without steps {plain:.1f}")
    for step in ("run", "map_rows"):
        folder = migrations(f"steps-{step.replace('_', '-')}", step)
        built = clean(folder)
        last = f"versions/20250101_{REVISIONS:06}_{REVISIONS:012x}_m.rs"
        again = edited(folder, last)
        goal, goal_again = 1.5 * plain + diesel, 1.2 * rebuilt
        say(f"    {step}: {built:.1f} (goal {goal:.1f}), one line edited {again:.1f} (goal {goal_again:.1f})")
        wants(f"steps by {step}, seconds of a clean build", built, goal)
        wants(f"steps by {step}, seconds behind an edit", again, goal_again)
