use migratable::Migratable;

#[derive(Migratable)]
struct UserId(u64);

fn main() {}
