create table t (id int primary key, d decimal(10,2), f float, b bit(1));
insert into t values (1,3.00,2,b'1');
-- =>
create table t (id int primary key, d int, f decimal(5,1), b tinyint(1));
insert into t values (1,3,2,1);
