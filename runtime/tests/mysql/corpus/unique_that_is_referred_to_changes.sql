create table p (id int primary key, code varchar(5), unique u (code));
create table c (id int primary key, code varchar(5), constraint f foreign key (code) references p (code));
insert into p values (1,'a');
insert into c values (1,'a');
-- =>
create table p (id int primary key, code varchar(9), unique v (code));
create table c (id int primary key, code varchar(9), constraint f foreign key (code) references p (code) on delete set null);
insert into p values (1,'a');
insert into c values (1,'a');
