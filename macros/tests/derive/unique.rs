use migratable::Migratable;

#[derive(Migratable)]
#[migratable(unique)]
struct NoColumns {
    id: i64,
}

#[derive(Migratable)]
#[migratable(unique(name desc))]
#[migratable(unique(name, nam = "uq_name"))]
struct Parts {
    id: i64,
    name: String,
}

#[derive(Migratable)]
struct OnAField {
    id: i64,
    #[migratable(unique(id, name))]
    name: String,
}

fn main() {}
