create table t (a int unsigned not null, b tinyint not null, primary key (a, b));
insert into t values (1,2);
-- =>
create table t (a int unsigned not null auto_increment, b tinyint not null, primary key (a, b)) auto_increment=50;
insert into t values (1,2);
