create table t (id int primary key, b bit(8), y year, s bigint unsigned, f float unsigned);
insert into t values (1,b'1010',2001,5,1.5);
-- =>
create table t (id int primary key, b bit(16), y year(4) not null default 2000, s bigint, f double);
insert into t values (1,b'1010',2001,5,1.5);
