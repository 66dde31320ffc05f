create table t (id int primary key, a int, index (a));
insert into t values (1,2);
create view v as select a from t;
create trigger g before update on t for each row set new.a = new.a;
create procedure p() select 1;
-- =>
create table t (id int primary key, a bigint, b int);
insert into t values (1,2,3);
