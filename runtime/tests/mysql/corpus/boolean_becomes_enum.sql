create table t (id int primary key, a tinyint(1));
insert into t values (1,1);
-- =>
create table t (id int primary key, a enum('0','1'));
insert into t values (1,'1');
