create table t (id int primary key, a boolean not null default false, b tinyint(1) unsigned, c tinyint(4));
insert into t values (1,1,1,1);
-- =>
create table t (id int primary key, a boolean, b tinyint(1), c tinyint(2));
insert into t values (1,1,1,1);
