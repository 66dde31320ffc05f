create table t (id int primary key, a tinyint(1));
insert into t values (1,1);
-- =>
create table t (id int primary key, a bit(1));
insert into t values (1,b'1');
