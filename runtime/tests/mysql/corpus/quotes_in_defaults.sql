create table t (id int primary key, a varchar(10) default 'a''b', b varchar(10) default '\\', c text default 'x  y', d varchar(9) default '%');
insert into t values (1,1,1,1,1);
-- =>
create table t (id int primary key, a varchar(10) default '"', b varchar(10) default '`', c text default '-- no', d varchar(9) default '/* x */');
insert into t values (1,1,1,1,1);
