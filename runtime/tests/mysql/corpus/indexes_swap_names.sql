create table t (a int, b int, key i1 (a), key i2 (b));
insert into t values (1,2);
-- =>
create table t (a int, b int, key i1 (b), key i2 (a));
insert into t values (1,2);
