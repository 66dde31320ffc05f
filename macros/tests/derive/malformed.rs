use migratable::Migratable;

#[derive(Migratable)]
#[migratable]
struct Empty {
    id: i64,
}

#[derive(Migratable)]
#[migratable = "table"]
struct Equals {
    id: i64,
}

#[derive(Migratable)]
#[migratable(table = )]
struct NoValue {
    id: i64,
}

#[derive(Migratable)]
#[migratable("people")]
struct OnlyText {
    id: i64,
}

fn main() {}
