create table t (id int primary key, a int) comment='x' auto_increment=100;
insert into t values (1,1);
-- =>
create table t (id int primary key auto_increment, a int) auto_increment=500;
insert into t values (1,1);
