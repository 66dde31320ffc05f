create table t (a int, b int);
insert into t values (1,null),(null,2),(null,3);
-- =>
create table t (a int not null primary key, b int);
insert into t values (1,2);
