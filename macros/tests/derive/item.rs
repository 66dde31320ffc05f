use migratable::Migratable;

#[derive(Migratable)]
struct Generic<T> {
    id: T,
}

#[derive(Migratable)]
struct Borrowed<'a> {
    name: &'a str,
}

#[derive(Migratable)]
struct Several(i64, i64);

#[derive(Migratable)]
struct Unit;

#[derive(Migratable)]
union Either {
    a: i64,
    b: f64,
}

fn main() {}
