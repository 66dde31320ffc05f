create table t (id int primary key, a varchar(20) character set utf8mb3, b char(3) character set binary, c tinytext character set ucs2);
insert into t values (1,'a','b','c');
-- =>
create table t (id int primary key, a varchar(20), b binary(3), c tinytext);
insert into t values (1,'a','b','c');
