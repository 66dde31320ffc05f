create table t (a int, b int, c int, d int);
insert into t values (1,2,3,4);
-- =>
create table t (d int, c int, b int, a int);
insert into t values (4,3,2,1);
