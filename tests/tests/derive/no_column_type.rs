use migratable::{FieldType, Migratable};

struct Celsius(f64);

#[derive(Migratable)]
struct UserId(u64);

fn column<T: FieldType>() {}

fn main() {
    column::<Celsius>();
}
