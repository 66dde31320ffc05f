create table p (id int primary key);
create table c (id int primary key, x int, constraint f foreign key (x) references p (id));
insert into p values (1);
insert into c values (1,1);
-- =>
create table p (id int primary key);
create table c (id int primary key, x int, unique u (x), constraint f foreign key (x) references p (id));
insert into p values (1);
insert into c values (1,1);
