create table t (id int primary key, a varbinary(16));
insert into t values (1,'abc');
-- =>
create table t (id int primary key, a varchar(16));
insert into t values (1,'abc');
