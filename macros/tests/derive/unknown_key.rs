use migratable::Migratable;

#[derive(Migratable)]
#[migratable(tabel = "people")]
struct Person {
    id: i64,
    #[migratable(uniqe)]
    email: String,
    #[migratable(xyzzy = 1)]
    name: String,
}

#[derive(Migratable)]
#[migratable(rename_al = "lowercase")]
enum Status {
    #[migratable(renam = "x")]
    Draft,
}

#[derive(Migratable)]
#[migratable(typ = "bigint")]
struct PersonId(i64);

fn main() {}
