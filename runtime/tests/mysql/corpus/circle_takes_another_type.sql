create table a (id int primary key, b int);
create table b (id int primary key, a int, foreign key (a) references a (id));
alter table a add foreign key (b) references b (id);
insert into a values (1,null);
insert into b values (1,1);
-- =>
create table a (id bigint primary key, b bigint);
create table b (id bigint primary key, a bigint, foreign key (a) references a (id));
alter table a add foreign key (b) references b (id);
insert into a values (1,null);
insert into b values (1,1);
