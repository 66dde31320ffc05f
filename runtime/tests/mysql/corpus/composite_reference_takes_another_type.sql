create table p (a int, b varchar(10), primary key (a, b));
create table c (id int primary key, x int, y varchar(10), key k (x, y), constraint f foreign key (x, y) references p (a, b));
insert into p values (1,'a');
insert into c values (1,1,'a');
-- =>
create table p (a bigint, b varchar(20), primary key (a, b));
create table c (id int primary key, x bigint, y varchar(20), key k (x, y), constraint f foreign key (x, y) references p (a, b) on update cascade);
insert into p values (1,'a');
insert into c values (1,1,'a');
