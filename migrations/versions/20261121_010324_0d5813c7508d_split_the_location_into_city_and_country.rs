//! split the location into city and country

use migratable::revision::*;

revision!("0d5813c7508d", after = ["dd1a2aa4fc26"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("city", text()).nullable());
    op.add_column("users", column("country", text()).nullable());
    op.run(split_location);
    op.drop_column("users", "location");
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.add_column("users", column("location", text()).nullable());
    op.run(join_location);
    op.drop_column("users", "country");
    op.drop_column("users", "city");
}

/// `Turin, Italy` is a city and a country; what has no comma is a city.
fn split_location(db: &mut Db) -> Result<()> {
    use split_location::*;

    let found: Vec<(i64, Option<String>)> = users::table.select((users::id, users::location)).load(db)?;
    for (id, location) in found {
        let Some(location) = location else { continue };
        let (city, country) = match location.rsplit_once(',') {
            Some((city, country)) => (city.trim(), Some(country.trim())),
            None => (location.trim(), None),
        };
        diesel::update(users::table.find(id)).set((users::city.eq(city), users::country.eq(country))).execute(db)?;
    }
    Ok(())
}

fn join_location(db: &mut Db) -> Result<()> {
    use join_location::*;

    let found: Vec<(i64, Option<String>, Option<String>)> =
        users::table.select((users::id, users::city, users::country)).load(db)?;
    for (id, city, country) in found {
        let location = [city, country].into_iter().flatten().collect::<Vec<_>>().join(", ");
        if !location.is_empty() {
            diesel::update(users::table.find(id)).set(users::location.eq(location)).execute(db)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::testing::*;

    #[test]
    fn a_location_is_split_and_joined_again() {
        each_database(|revision, db| {
            use before::users;

            let locations = [Some("Turin, Italy"), Some("Oslo"), None, Some("a, b, c")];
            for (id, location) in (1..).zip(locations) {
                let row = (
                    users::id.eq(id),
                    users::username.eq(id.to_string()),
                    users::email.eq(format!("{id}@example.org")),
                    users::bio.eq(""),
                    users::role_id.eq(1),
                    users::location.eq(location),
                );
                diesel::insert_into(users::table).values(row).execute(db)?;
            }

            revision.upgrade(db)?;
            let homes = after::users::table.order(after::users::id).select((after::users::city, after::users::country));
            let homes: Vec<(Option<String>, Option<String>)> = homes.load(db)?;
            let expected =
                [(Some("Turin"), Some("Italy")), (Some("Oslo"), None), (None, None), (Some("a, b"), Some("c"))];
            assert_eq!(homes, expected.map(|(city, country)| (city.map(str::to_owned), country.map(str::to_owned))));

            revision.downgrade(db)?;
            let kept: Vec<Option<String>> = users::table.order(users::id).select(users::location).load(db)?;
            assert_eq!(kept, locations.map(|location| location.map(str::to_owned)));
            Ok(())
        });
    }
}
