create table t (id int primary key, a double, b float);
insert into t values (1,1.5,2.5);
-- =>
create table t (id int primary key, a decimal(10,3), b varchar(20));
insert into t values (1,1.5,'2.5');
