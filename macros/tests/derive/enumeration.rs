use migratable::Migratable;

#[derive(Migratable)]
enum Data {
    Empty,
    Text(String),
    Point { x: i32 },
}

#[derive(Migratable)]
enum Nothing {}

#[derive(Migratable)]
#[migratable(rename_all = "sPoNgE")]
enum Case {
    One,
}

#[derive(Migratable)]
enum Same {
    #[migratable(rename = "a")]
    One,
    #[migratable(rename = "a")]
    Two,
}

fn main() {}
