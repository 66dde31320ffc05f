create table t (id int primary key, s datetime default '2001-01-01 00:00:00', x datetime(3) default current_timestamp(3) on update current_timestamp(3));
insert into t values (1,'2001-01-01','2001-01-01');
-- =>
create table t (id int primary key, s datetime(3) default current_timestamp(3), x datetime);
insert into t values (1,'2001-01-01','2001-01-01');
