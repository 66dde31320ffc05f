use migratable::Migratable;

#[derive(Migratable)]
#[migratable(index)]
struct NoColumns {
    id: i64,
}

#[derive(Migratable)]
#[migratable(index(name descending))]
#[migratable(index(name nulls middle))]
#[migratable(index(name, wher = "name > ''"))]
#[migratable(index(name, where = 1))]
#[migratable(index = "name")]
struct Parts {
    id: i64,
    name: String,
}

#[derive(Migratable)]
struct OnAField {
    id: i64,
    #[migratable(index(id, name))]
    name: String,
}

fn main() {}
