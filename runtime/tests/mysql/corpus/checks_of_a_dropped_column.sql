create table t (id int primary key, a int, constraint c1 check (a > 0), constraint c2 check (a < 9));
insert into t values (1,2);
-- =>
create table t (id int primary key, b int, constraint c1 check (b > 0));
insert into t values (1,2);
