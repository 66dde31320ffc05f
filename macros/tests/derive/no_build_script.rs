use migratable::Migratable;

// Said once, however many models there are.
#[derive(Migratable)]
struct User {
    id: i64,
}

#[derive(Migratable)]
struct Post {
    id: i64,
}

fn main() {}
