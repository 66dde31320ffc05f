create table t (id serial, a int);
insert into t values (1,2);
-- =>
create table t (id bigint unsigned not null auto_increment primary key, a int);
insert into t values (1,2);
