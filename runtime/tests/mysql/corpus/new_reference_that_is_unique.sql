create table p (id int primary key);
create table t (id int primary key, a int);
insert into p values (3);
insert into t values (1,2);
-- =>
create table p (id int primary key);
create table t (id int primary key, a int, p int not null unique, constraint f foreign key (p) references p (id));
insert into p values (3);
insert into t values (1,2,3);
