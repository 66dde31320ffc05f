use migratable::Migratable;

#[derive(Migratable)]
struct Names {
    id: i64,
    #[migratable(column = first)]
    column: String,
    #[migratable(column = "")]
    empty: String,
    #[migratable(collate)]
    collation: String,
    #[migratable(comment = 3)]
    comment: String,
    #[migratable(renamed_from = old)]
    renamed: String,
    #[migratable(skip, unique)]
    skipped: String,
    #[migratable(skip = true)]
    skip: String,
}

fn main() {}
