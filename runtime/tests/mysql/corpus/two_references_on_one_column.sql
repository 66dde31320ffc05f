create table p (id int primary key);
create table q (id int primary key);
create table c (id int primary key, x int, constraint f foreign key (x) references p (id));
insert into p values (1);
insert into q values (1);
insert into c values (1,1);
-- =>
create table p (id int primary key);
create table q (id int primary key);
create table c (id int primary key, x int, constraint f foreign key (x) references p (id), constraint g foreign key (x) references q (id) on delete cascade);
insert into p values (1);
insert into q values (1);
insert into c values (1,1);
