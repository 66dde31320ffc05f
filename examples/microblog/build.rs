fn main() {
    migratable_build::check_models();
}
