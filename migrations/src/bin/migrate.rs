//! The command line over the revisions of the microblog example.

migratable_cli::main!(microblog_migrations);
