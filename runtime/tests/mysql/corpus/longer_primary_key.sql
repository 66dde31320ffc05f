create table t (a int, b int, c int, primary key (a,b)) ;
insert into t values (1,2,3);
-- =>
create table t (a int, b int, c int, primary key (b,a,c)) ;
insert into t values (1,2,3);
