use migratable::Migratable;

#[derive(Migratable)]
struct Generated {
    id: i64,
    #[migratable(generated)]
    flag: i64,
    #[migratable(stored)]
    only_stored: i64,
    #[migratable(generated = "id + 1", stored, virtual)]
    both: i64,
    #[migratable(generated = id + 1, stored)]
    no_text: i64,
}

fn main() {}
