use migratable::Migratable;

#[derive(Migratable)]
#[migratable(foreign_key)]
#[migratable(foreign_key(columns(a, b)))]
#[migratable(foreign_key(references(Other(x, y))))]
#[migratable(foreign_key(columns(a), references(Other(x)), on_delete = explode))]
#[migratable(foreign_key(columns(a), references(Other(x)), cascade))]
struct Pair {
    id: i64,
    a: i64,
    b: i64,
}

fn main() {}
