create table t (id int primary key, a varchar(20), b text);
insert into t values (1,'x','y');
-- =>
create table t (id int primary key, a set('x','y'), b enum('y','z'));
insert into t values (1,'x','y');
