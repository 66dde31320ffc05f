create table t (id int primary key);
insert into t values (1);
-- =>
create table t (id int primary key, a int not null default 5, b int, constraint ck check (a > 0 and (b is null or b > a)));
insert into t values (1,5,null);
