create table t (id int auto_increment primary key, a int);
insert into t values (1,2);
-- =>
create table t (a int);
insert into t values (2);
