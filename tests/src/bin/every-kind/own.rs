//! What a revision can only say in the words of one dialect: names of collations, options of tables, statements that are
//! in no transaction.

use migratable::revision::*;

fn points(op: &mut OperationList) {
    op.create_index("badges", index("ix_badges_points").on("points"));
}

fn no_points(op: &mut OperationList) {
    op.drop_index("badges", "ix_badges_points");
}

const CREATE: &str = "CREATE INDEX ix_badges_points ON badges (points)";

pub fn sqlite(op: &mut Operations) {
    op.alter_column("badges", "name").collate("NOCASE");
    op.set_table_option("badges", "strict", "true");
    op.execute(sql("VACUUM"));
    op.execute_as(sql(CREATE), points);
}

pub fn no_sqlite(op: &mut Operations) {
    op.execute_as(sql("DROP INDEX ix_badges_points"), no_points);
    op.set_table_option("badges", "strict", "");
    op.alter_column("badges", "name").drop_collate();
}

pub fn postgres(op: &mut Operations) {
    op.alter_column("badges", "name").collate("C");
    op.set_table_option("badges", "storage_parameters", "fillfactor=70");
    op.execute_as(sql("CREATE INDEX CONCURRENTLY ix_badges_points ON badges (points)"), points);
}

pub fn no_postgres(op: &mut Operations) {
    op.execute_as(sql("DROP INDEX CONCURRENTLY ix_badges_points"), no_points);
    op.set_table_option("badges", "storage_parameters", "");
    op.alter_column("badges", "name").drop_collate();
}

pub fn mysql(op: &mut Operations) {
    op.alter_column("badges", "name").collate("utf8mb4_bin");
    op.set_table_option("badges", "row_format", "COMPACT");
    op.execute_as(sql(CREATE), points);
}

pub fn no_mysql(op: &mut Operations) {
    op.execute_as(sql("DROP INDEX ix_badges_points ON badges"), no_points);
    op.set_table_option("badges", "row_format", "");
    op.alter_column("badges", "name").drop_collate();
}
