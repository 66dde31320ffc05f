create table p (id int primary key);
create table c (p int, n int, primary key (p, n), constraint f foreign key (p) references p (id));
insert into p values (1);
insert into c values (1,1);
-- =>
create table p (id int primary key);
create table c (p int, n int, primary key (n, p), constraint f foreign key (p) references p (id));
insert into p values (1);
insert into c values (1,1);
