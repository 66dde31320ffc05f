use migratable::Migratable;

#[derive(Migratable)]
struct Types {
    id: i64,
    #[migratable(type = "strng")]
    unknown: String,
    #[migratable(type = "varchar")]
    no_length: String,
    #[migratable(type = "numeric(2,3)")]
    scale: String,
    #[migratable(type = text)]
    no_text: String,
    #[migratable(type(oracle = "clob"))]
    dialect: String,
    #[migratable(type(postgres = "citext", postgres = "text"))]
    twice: String,
    #[migratable(type = "")]
    empty: String,
    #[migratable(type = "enum(status)")]
    an_enum: String,
}

fn main() {}
