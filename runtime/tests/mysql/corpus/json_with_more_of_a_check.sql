create table t (id int primary key, e json check (json_valid(e) and length(e) > 1));
insert into t values (1,'[]');
-- =>
create table t (id int primary key, e json);
insert into t values (1,'[]');
