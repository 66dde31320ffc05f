create table t (id int primary key, g point not null, a text, spatial s (g), fulltext f (a));
insert into t values (1, point(1,1), 'x');
-- =>
create table t (id int primary key, g point, a varchar(20));
insert into t values (1, point(1,1), 'x');
