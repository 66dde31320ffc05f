use migratable::Migratable;

#[derive(Migratable)]
#[migratable(type = "strng")]
struct Name(String);

#[derive(Migratable)]
#[migratable(type)]
struct Flag(String);

fn main() {}
