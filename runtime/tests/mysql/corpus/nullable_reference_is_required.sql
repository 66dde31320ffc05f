create table p (id int primary key);
create table c (id int primary key, x int, constraint f foreign key (x) references p (id) on delete set null);
insert into p values (7);
insert into c values (1,7),(2,null);
-- =>
create table p (id int primary key);
create table c (id int primary key, x int not null, constraint f foreign key (x) references p (id) on delete cascade);
insert into p values (7);
insert into c values (1,7);
