fn main() {
    migratable_build::embed_migrations();
}
