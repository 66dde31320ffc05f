create table t (A int primary key, B int, key IX (B));
insert into t values (1,2);
-- =>
create table t (A int primary key, B int, key ix (B));
insert into t values (1,2);
