create table t (id int primary key, a int) ;
insert into t values (1,2);
create table u (id int primary key, t int not null, foreign key (t) references t (id));
insert into u values (1,1);
-- =>
create table t (id int primary key, a int) ;
insert into t values (1,2);
