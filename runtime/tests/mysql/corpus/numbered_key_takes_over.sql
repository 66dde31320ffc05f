create table t (code varchar(9) not null primary key);
insert into t values ('a'),('b');
-- =>
create table t (id int not null auto_increment primary key, code varchar(9) not null unique);
insert into t values (1,'a');
