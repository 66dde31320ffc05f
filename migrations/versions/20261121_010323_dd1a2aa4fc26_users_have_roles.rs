//! users have roles

use migratable::revision::*;

revision!("dd1a2aa4fc26", after = ["643bae5d58d0"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_table(
        table("roles")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(20)))
            .primary_key("pk_roles", ["id"])
            .unique("uq_roles_name", ["name"]),
    );
    op.bulk_insert("roles", ["name"], [[value("reader")], [value("author")], [value("editor")]]);
    op.add_column("users", column("role_id", bigint()).nullable());
    op.run(fill_users_role_id);
    op.alter_column("users", "role_id").not_null();
    op.create_index("users", index("ix_users_role_id").on("role_id"));
    op.create_foreign_key("users", foreign_key("fk_users_role_id_roles", ["role_id"]).references("roles", ["id"]));
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_foreign_key("users", "fk_users_role_id_roles");
    op.drop_index("users", "ix_users_role_id");
    op.drop_column("users", "role_id");
    op.drop_table("roles");
}

fn fill_users_role_id(db: &mut Db) -> Result<()> {
    use fill_users_role_id::*;

    let role: i64 = roles::table.filter(roles::name.eq("author")).select(roles::id).first(db)?;
    diesel::update(users::table).set(users::role_id.eq(role)).execute(db)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::testing::*;

    #[test]
    fn whoever_is_there_is_an_author() {
        each_database(|revision, db| {
            use before::users;

            let row = (users::username.eq("ada"), users::email.eq("ada@example.org"), users::bio.eq(""));
            diesel::insert_into(users::table).values(row).execute(db)?;

            revision.upgrade(db)?;
            let roles = after::users::table
                .inner_join(after::roles::table)
                .select((after::users::username, after::roles::name))
                .load::<(String, String)>(db)?;
            assert_eq!(roles, [("ada".to_owned(), "author".to_owned())]);

            revision.downgrade(db)?;
            assert_eq!(users::table.select(users::username).load::<String>(db)?, ["ada"]);
            Ok(())
        });
    }
}
