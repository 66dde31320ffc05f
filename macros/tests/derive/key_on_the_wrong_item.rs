use migratable::Migratable;

#[derive(Migratable)]
#[migratable(on_delete = cascade)]
struct Person {
    id: i64,
    #[migratable(table = "people")]
    #[migratable(rename_all = "lowercase")]
    name: String,
}

#[derive(Migratable)]
#[migratable(index)]
enum Status {
    #[migratable(column = "x")]
    Draft,
}

#[derive(Migratable)]
#[migratable(unique)]
struct PersonId(i64);

fn main() {}
