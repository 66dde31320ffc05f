migratable::schema!(users);

fn main() {}
