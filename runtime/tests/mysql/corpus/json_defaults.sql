create table t (id int primary key, j json default '{}', k json default (json_object('a',1)));
insert into t values (1,'{}','{}');
-- =>
create table t (id int primary key, j json not null, k json);
insert into t values (1,'{}','{}');
