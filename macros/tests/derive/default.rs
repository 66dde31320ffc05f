use migratable::Migratable;

#[derive(Migratable)]
struct Defaults {
    id: i64,
    #[migratable(default)]
    flag: i64,
    #[migratable(default = 1 + 1)]
    computed: i64,
    #[migratable(default = Utc::now())]
    call: String,
    #[migratable(default = tomorrow)]
    word: String,
    #[migratable(default = sql(oracle = "sysdate"))]
    dialect: String,
    #[migratable(default = 99999999999999999999)]
    too_large: i64,
}

fn main() {}
