use migratable::Migratable;

#[derive(Migratable)]
struct Post {
    id: i64,
    #[migratable(references)]
    flag: i64,
    #[migratable(references = 1)]
    number: i64,
    #[migratable(references = "users")]
    table_only: i64,
    #[migratable(references = User, on_delete = explode)]
    action: i64,
}

fn main() {}
