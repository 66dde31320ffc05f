create table t (id int primary key, a timestamp not null default current_timestamp on update current_timestamp, b int);
insert into t values (1,'2001-01-01',1);
-- =>
create table t (id int primary key, a timestamp(3) not null default current_timestamp(3) on update current_timestamp(3), b varchar(10) not null);
insert into t values (1,'2001-01-01','1');
