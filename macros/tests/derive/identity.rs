use migratable::Migratable;

#[derive(Migratable)]
struct Keys {
    #[migratable(primary_key = true)]
    id: i64,
    #[migratable(auto_increment)]
    flag: i64,
    #[migratable(auto_increment = "no")]
    text: i64,
    #[migratable(identity(sometimes))]
    word: i64,
    #[migratable(identity(start = "one"))]
    start: i64,
    #[migratable(identity(increment = 0))]
    step: i64,
}

fn main() {}
