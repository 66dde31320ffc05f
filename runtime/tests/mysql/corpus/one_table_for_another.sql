create table a (x int);
insert into a values (1);
-- =>
create table b (x int);
insert into b values (1);
