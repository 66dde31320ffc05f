//! The PostgreSQL client that is built from source: what a project has that no machine must have `libpq` for.

#![allow(clippy::unwrap_used)]

use std::fs;

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;
use migratable_tests::{Project, checkout};

#[test]
fn a_client_built_from_source_upgrades_a_database() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("bundled").unwrap();
    let project = Project::bare("bundled");
    project.replace("Cargo.toml", "features = [\"sqlite\"]", "features = [\"postgres\"]");
    project.init(&["--database-url", &database.url()]).ok();
    project.replace("migrations/Cargo.toml", "features = [\"postgres\",", "features = [\"postgres-bundled\",");
    project.write("src/main.rs", "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n");
    let user = "#[derive(migratable::Migratable)]\npub struct User {\n    pub id: i64,\n    pub name: String,\n}\n";
    project.write("src/models.rs", user);
    project.migrate(&["revision", "-m", "users"]).ok();
    project.migrate(&["upgrade"]).ok();
    assert!(project.migrate(&["verify"]).ok().stdout.starts_with("clean: "));
    database.run("INSERT INTO users (name) VALUES ('ada');").unwrap();
    let program = fs::read(checkout().join("target/projects/debug/migrate")).unwrap();
    let links = |library: &str| program.windows(library.len()).any(|it| it == library.as_bytes());
    assert!(links("libc.so") && !links("libpq.so"), "it needs the libpq of the machine");

    // What it has not is said, not left out.
    let url = format!("{}?sslmode=require", database.url());
    let said = project.migrate(&["--database-url", &url, "current"]).failed(1);
    assert!(said.stderr.contains("SSL support is not compiled in"), "{}", said.stderr);
}
