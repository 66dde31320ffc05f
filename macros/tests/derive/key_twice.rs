use migratable::Migratable;

#[derive(Migratable)]
#[migratable(table = "people", table = "persons")]
struct Person {
    id: i64,
    #[migratable(default = 1)]
    #[migratable(default = 2)]
    age: i32,
}

fn main() {}
