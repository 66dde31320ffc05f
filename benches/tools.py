"""What the measures share: where they work, how they run things, and how they make projects."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "benches"
ENVIRONMENT = {**os.environ, "CARGO_TERM_COLOR": "never", "CARGO_TARGET_DIR": str(WORK / "target")}
DIESEL = 'diesel = { version = "2.3", default-features = false, features = ["sqlite"'


def say(text):
    print(text, flush=True)


MISSED = []


def wants(what, found, most):
    """Notes that a goal is missed; benches/run.py then fails at its end."""
    if found > most:
        MISSED.append(f"{what}: {found:.3g}, wanted at most {most:.3g}")


def run(command, folder, **options):
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command} in {folder}:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
    return done


def timed(command, folder, **options):
    start = time.perf_counter()
    run(command, folder, **options)
    return time.perf_counter() - start


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def project(name, files, dependencies, build_dependencies="", manifest=""):
    """A cargo package outside of the workspace, with the checkout's Cargo.lock."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    write(
        folder / "Cargo.toml",
        f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\n{dependencies}\n\n'
        f"[build-dependencies]\n{build_dependencies}\n\n[workspace]\n\n{manifest}",
    )
    for path, text in files.items():
        write(folder / path, text)
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    return folder


# How each database is reached: by us, by its client, by SQLAlchemy.
POSTGRES = os.environ.get("MIGRATABLE_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
MYSQL = os.environ.get("MIGRATABLE_MYSQL_URL", "mysql://root@127.0.0.1:3306/mysql")


def mariadb_client():
    host = MYSQL.split("@")[-1].split("/")[0].split(":")
    user = MYSQL.split("://")[1].split("@")[0].split(":")[0]
    return ["mariadb", "-h", host[0], "-P", host[1] if len(host) > 1 else "3306", "-u", user]


def alembic():
    """Python with Alembic, in a virtual environment of its own."""
    python = WORK / "alembic/bin/python"
    if not python.exists():
        run([sys.executable, "-m", "venv", WORK / "alembic"], ROOT)
        run([python, "-m", "pip", "install", "-q", "alembic", "psycopg2-binary", "pymysql"], ROOT)
    return python
