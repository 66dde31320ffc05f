use migratable::Migratable;

#[derive(Migratable)]
#[migratable(check)]
#[migratable(check(age > 0))]
#[migratable(check(name = "ck_age"))]
#[migratable(check(""))]
struct Person {
    id: i64,
    #[migratable(check = age)]
    age: i32,
}

fn main() {}
