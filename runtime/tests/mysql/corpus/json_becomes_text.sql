create table t (id int primary key, a json);
insert into t values (1,'[1]');
-- =>
create table t (id int primary key, a varchar(20));
insert into t values (1,'[1]');
