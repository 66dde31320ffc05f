create table t (id varchar(36) primary key);
create table c (id int primary key, t varchar(36), foreign key (t) references t (id));
insert into t values ('1');
insert into c values (1,'1');
-- =>
create table t (id int primary key);
create table c (id int primary key, t int, foreign key (t) references t (id));
insert into t values (1);
insert into c values (1,1);
