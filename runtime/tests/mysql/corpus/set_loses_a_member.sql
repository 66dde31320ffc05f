create table t (id int primary key, s set('a','b','c'));
insert into t values (1,'a,b');
-- =>
create table t (id int primary key, s set('a','b'));
insert into t values (1,'a');
