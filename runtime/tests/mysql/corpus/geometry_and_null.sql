create table t (id int primary key, p point, g geometry not null, spatial key (g));
insert into t values (1, null, point(1,1));
-- =>
create table t (id int primary key, p point not null, g geometry, spatial key (p));
insert into t values (1, point(1,1), null);
