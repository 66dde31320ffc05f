create table t (a int, b int, unique u (a), unique v (a,b)) ;
insert into t values (1,2);
-- =>
create table t (a int, b int, unique v (a), unique u (a,b)) ;
insert into t values (1,2);
