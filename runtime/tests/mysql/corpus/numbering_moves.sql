create table t (id int auto_increment, b int, primary key (id), key (b));
insert into t values (1,2);
-- =>
create table t (id int, b int auto_increment, primary key (id), key (b));
insert into t values (1,2);
