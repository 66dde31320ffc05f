create table t (a varchar(10) unique, b int unique);
insert into t values ('x',null),(null,2),(null,3),('2',null);
-- =>
create table t (a varchar(10) not null unique, b int not null unique);
insert into t values ('1',2);
