create table t (id int primary key, a varchar(20), l varchar(20) as (lcase(a)) stored, unique u (l));
insert into t (id, a) values (1,'A'),(2,'B');
-- =>
create table t (id int primary key, a varchar(30), l varchar(30) as (lcase(a)) virtual, key u (l));
insert into t (id, a) values (1,'A');
