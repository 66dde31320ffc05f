create table p (id int, x int, key (x));
create table c (x int, foreign key (x) references p (x));
insert into p values (1,1);
insert into c values (1);
-- =>
create table p (id int, x int, key other (x, id));
create table c (x int, foreign key (x) references p (x));
insert into p values (1,1);
insert into c values (1);
