use migratable::Migratable;

#[derive(Migratable)]
#[migratable(table = 1, schema, comment = 2, renamed_from = old, database = ())]
struct Texts {
    id: i64,
}

#[derive(Migratable)]
#[migratable(table = "")]
struct NoName {
    id: i64,
}

#[derive(Migratable)]
#[migratable(primary_key = "id")]
struct Key {
    id: i64,
}

#[derive(Migratable)]
#[migratable(primary_key())]
struct NoKey {
    id: i64,
}

#[derive(Migratable)]
#[migratable(appear_with = User)]
struct Together {
    id: i64,
}

fn main() {}
