create table t (id int primary key, a datetime);
insert into t values (1,'2001-02-03 04:05:06');
-- =>
create table t (id int primary key, a varchar(30));
insert into t values (1,'2001-02-03 04:05:06');
