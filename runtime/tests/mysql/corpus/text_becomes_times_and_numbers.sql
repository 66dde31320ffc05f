create table t (id int primary key, d varchar(30), e varchar(30), f varchar(30));
insert into t values (1,'2001-01-01','10:00:00','1.5'),(2,null,'','');
-- =>
create table t (id int primary key, d date, e time, f decimal(5,2));
insert into t values (1,'2001-01-01','10:00:00',1.5);
