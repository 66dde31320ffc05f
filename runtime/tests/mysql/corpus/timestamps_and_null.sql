create table t (id int primary key, a int not null default 5, b timestamp not null default '2001-01-01 00:00:00', c timestamp null default null);
insert into t values (1,1,'2002-01-01','2003-01-01');
-- =>
create table t (id int primary key, a int default null, b timestamp null, c timestamp not null default current_timestamp on update current_timestamp);
insert into t values (1,1,'2002-01-01','2003-01-01');
