create table t (id int primary key, a text, fulltext ft (a)) ;
insert into t values (1,'a');
-- =>
create table t (id int primary key, a text, b text, fulltext ft (a, b)) ;
insert into t values (1,'a','b');
