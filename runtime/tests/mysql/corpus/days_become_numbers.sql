create table t (id int primary key, a date, b time);
insert into t values (1,'2001-01-01','01:02:03');
-- =>
create table t (id int primary key, a int, b int);
insert into t values (1,20010101,10203);
