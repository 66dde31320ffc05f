create table t (a text compressed, b int);
insert into t values ('a',1);
-- =>
create table t (a text, b int);
insert into t values ('a',1);
