use migratable::Migratable;

// Every mistake is reported at once, and the struct is still a model for the code that uses it.
#[derive(Migratable)]
#[migratable(tabel = "people", index(name descending))]
struct Person {
    id: i64,
    #[migratable(type = "strng")]
    name: String,
    #[migratable(default = 1 + 1)]
    age: i32,
}

fn table<Model: Migratable>() -> &'static str {
    Model::TABLE
}

fn main() {
    table::<Person>();
}
