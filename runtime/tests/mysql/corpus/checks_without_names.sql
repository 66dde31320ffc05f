create table t (a int, b int, check (a>0));
insert into t values (1,2);
-- =>
create table t (a int, b int, check (b>0), check (a>0));
insert into t values (1,2);
