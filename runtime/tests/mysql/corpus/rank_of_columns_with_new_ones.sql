create table t (a int, b int, c int, d int, e int);
insert into t values (1,2,3,4,5);
-- =>
create table t (x int not null, e int, y varchar(5) not null default 'q', a int, d bigint, z date);
insert into t values (0,5,'q',1,4,null);
